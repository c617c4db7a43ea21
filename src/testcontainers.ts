// The image as a container of testcontainers-node, which the user of this brings along.
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { AbstractStartedContainer, GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { openStub } from './handle/over-http.ts';
import type { Stub } from './handle/stub.ts';
import { clearInterval, setInterval } from './timers.ts';

/** What the image listens on. */
const PORT = 4650;

/** Generous: it is there in a second or two, unless the machine is busy. In milliseconds. */
const STARTUP_TIMEOUT = 30_000;

/** How often to look whether it is there, which is also how long one look may take. In milliseconds. */
const READY_INTERVAL = 200;

/**
 * A stub in a container, for testcontainers-node. Settings that have no method of their own are variables:
 * `withEnvironment({ STUB_JOURNAL_ENTRIES: '100' })`.
 *
 * @example
 * ```ts
 * import { StubContainer } from 'chatcaptain-stub/testcontainers';
 *
 * await using container = await new StubContainer('chatcaptain-stub').start();
 * const stub = container.handle();
 * const { chatbotId, token } = await stub.chatbot();
 * // the program under test gets container.getUrl(), chatbotId and token
 * ```
 */
export class StubContainer extends GenericContainer {
  /** @param image its name and tag, as in `chatcaptain-stub:0.1.0` */
  constructor(image: string) {
    super(image);
    // One that ends at once, since it cannot use a setting, has said so in its log, which the error then shows.
    const ready = Wait.forHttp('/readyz', PORT, { abortOnContainerExit: true }).withReadTimeout(READY_INTERVAL);
    this.withExposedPorts(PORT).withWaitStrategy(ready).withStartupTimeout(STARTUP_TIMEOUT);
  }

  /** A token that may do everything on every chatbot. Default: none is known; `handle().chatbot()` brings its own. */
  withToken(token: string): this {
    return this.withEnvironment({ STUB_TOKEN: token });
  }

  /** What the control plane asks for. Default: a token that is made for this container. */
  withAdminToken(adminToken: string): this {
    return this.withEnvironment({ STUB_ADMIN_TOKEN: adminToken });
  }

  /** Ids, delays and fault decisions follow from it. */
  withSeed(seed: string | number): this {
    return this.withEnvironment({ STUB_SEED: String(seed) });
  }

  /** A file or a folder of files, in JSON or YAML, with what there is from the start and after a reset. */
  withFixtures(path: string): this {
    // Readable for the image's user, whoever copies them.
    if (statSync(path).isDirectory()) {
      return this.withCopyDirectoriesToContainer([{ source: path, target: '/fixtures', mode: 0o755 }]);
    }
    return this.withCopyFilesToContainer([{ source: path, target: `/fixtures/${basename(path)}`, mode: 0o644 }]);
  }

  /**
   * Starts it and resolves once the stub is ready.
   *
   * @throws Error when the container is to be reused and has no admin token of its own
   */
  override async start(): Promise<StartedStubContainer> {
    // An empty one is none to the server, too.
    if (!this.environment['STUB_ADMIN_TOKEN']) {
      if (this.reuse) {
        throw new Error('A container is reused when it is configured as before: choose its token, withAdminToken(…).');
      }
      this.withAdminToken(randomUUID());
    }
    // The log of one that has ended comes over a socket that keeps no process alive.
    const awake = setInterval(() => {}, READY_INTERVAL);
    try {
      return new StartedStubContainer(await super.start(), this.environment['STUB_ADMIN_TOKEN'] as string);
    } finally {
      clearInterval(awake);
    }
  }
}

/** A stub that runs in a container. */
export class StartedStubContainer extends AbstractStartedContainer {
  readonly #adminToken: string;

  /** @internal */
  constructor(container: StartedTestContainer, adminToken: string) {
    super(container);
    this.#adminToken = adminToken;
  }

  /** The port on this machine. A restart may change it. */
  getPort(): number {
    return this.getMappedPort(PORT);
  }

  /** The base URL for a program on this machine. In the networks of the container it is `http://ALIAS:4650`. */
  getUrl(): string {
    return `http://${this.getHost()}:${this.getPort()}`;
  }

  /** What its control plane asks for. */
  getAdminToken(): string {
    return this.#adminToken;
  }

  /** Its handle, the same as `startStub` and `connectStub` give. Closing it leaves the container running. */
  handle(): Stub {
    return openStub(this.getUrl(), this.#adminToken);
  }
}
