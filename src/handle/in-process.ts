// Calls into the server of this process: through its routes, past the network.
import { Readable } from 'node:stream';
import type { Running } from '../boot.ts';
// With the package, before a test stops them. Not in start.ts: its declaration, which is published, would keep this line.
import { StartupError } from '../startup-error.ts';
import '../timers.ts';
import { createControlPlane, type Send } from './control-plane.ts';
import { createStub } from './create-stub.ts';
import { StubError } from './errors.ts';
import type { Stub } from './stub.ts';

/** The handle of a server of this process. */
export function handleOf(running: Running): Stub {
  return createStub(createControlPlane(sendInto(running, running.adminToken)), running);
}

/**
 * Brings calls to a server as a request would. A body goes as a stream: with any other, the call would need the global
 * setImmediate, which a test may have stopped.
 */
function sendInto(running: Pick<Running, 'inject'>, adminToken: string | undefined): Send {
  return async ({ method, target, body }) => {
    const headers = {
      ...(adminToken !== undefined && { authorization: `Bearer ${adminToken}` }),
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}` }),
    };
    try {
      const { statusCode: status, payload: text } = await running.inject({
        method,
        url: target,
        headers,
        ...(body !== undefined && { payload: Readable.from(Buffer.from(body)) }),
      });
      return { status, text };
    } catch (cause) {
      if (cause instanceof StartupError) throw new StubError(cause.message, { cause });
      throw new StubError(`The stub is closed: ${method} ${target} comes too late.`, { cause });
    }
  };
}
