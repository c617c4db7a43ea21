import type { NearMiss, RecordedRequest } from './recorded-request.ts';

/** A call to the control plane that did not succeed. The message says what was wrong and what to do. */
export class StubError extends Error {
  override name = 'StubError';
  // Behind getters: test runners print every property that an error has of its own below its message.
  readonly #status: number | undefined;
  readonly #problem: Readonly<Record<string, unknown>> | undefined;

  /** @internal */
  constructor(message: string, { status, problem, cause }: StubErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.#status = status;
    this.#problem = problem;
  }

  /** The status of the answer; `undefined` when there was none. */
  get status(): number | undefined {
    return this.#status;
  }

  /** The problem details (RFC 9457) of the answer; `undefined` when it had none. */
  get problem(): Readonly<Record<string, unknown>> | undefined {
    return this.#problem;
  }
}

/** @internal */
export interface StubErrorOptions {
  status?: number;
  problem?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** @internal */
export interface Found {
  requests: RecordedRequest[];
  nearMisses: NearMiss[];
}

/** The requests that were waited for did not come in time. The message shows what came nearest, and why it missed. */
export class WaitTimeoutError extends StubError {
  override name = 'WaitTimeoutError';
  readonly #found: Found;

  /** @internal */
  constructor(message: string, { problem, ...found }: Found & { problem: Readonly<Record<string, unknown>> }) {
    super(message, { status: 408, problem });
    this.#found = found;
  }

  /** The requests that did match. */
  get requests(): RecordedRequest[] {
    return this.#found.requests;
  }

  /** At most three that came nearest, the nearest first. */
  get nearMisses(): NearMiss[] {
    return this.#found.nearMisses;
  }
}
