// As much of the peers as the benchmarks call. The root installs none of them, and checks the types here all the same.

declare module 'mockttp' {
  export function getLocal(): {
    readonly port: number;
    start(): Promise<void>;
    stop(): Promise<void>;
    forPost(path: string): { thenJson(status: number, body: object): Promise<unknown> };
  };
}

declare module '@stoplight/prism-core' {
  export interface Logger {
    info(...args: unknown[]): void;
  }
  export function createLogger(name: string, options: { enabled: boolean }): Logger;
}

declare module '@stoplight/prism-http' {
  export type Operations = object[];
  export function getHttpOperationsFromSpec(file: string): Promise<Operations>;
}

declare module '@stoplight/prism-http-server' {
  import type { Logger } from '@stoplight/prism-core';
  import type { Operations } from '@stoplight/prism-http';

  interface Options {
    components: { logger: Logger };
    cors: boolean;
    config: {
      isProxy: false;
      checkSecurity: boolean;
      validateRequest: boolean;
      validateResponse: boolean;
      mock: { dynamic: boolean };
      errors: boolean;
    };
  }
  export function createServer(
    operations: Operations,
    options: Options,
  ): {
    listen(port: number, address: string): Promise<string>;
    close(): Promise<void>;
  };
}

declare module 'echarts' {
  interface Chart {
    setOption(option: object): void;
    renderToSVGString(): string;
    dispose(): void;
  }
  export function init(
    element: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): Chart;
}
