// Calls into the server of this process: through its routes, past the network.
import type { Running } from '../boot.ts';
import { createControlPlane, type Send } from './control-plane.ts';
import { createStub } from './create-stub.ts';
import { StubError } from './errors.ts';
import type { Stub } from './stub.ts';

/** The handle of a server of this process. */
export function handleOf(running: Running): Stub {
  return createStub(createControlPlane(sendInto(running, running.adminToken)), running);
}

/** Brings calls to a server as a request would. */
export function sendInto(running: Pick<Running, 'inject'>, adminToken: string | undefined): Send {
  return async ({ method, target, body }) => {
    const headers = {
      ...(adminToken !== undefined && { authorization: `Bearer ${adminToken}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    try {
      const { statusCode: status, payload: text } = await running.inject({
        method,
        url: target,
        headers,
        ...(body !== undefined && { payload: body }),
      });
      return { status, text };
    } catch (cause) {
      throw new StubError(`The stub is closed: ${method} ${target} comes too late.`, { cause });
    }
  };
}
