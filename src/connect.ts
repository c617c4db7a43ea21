import { StubError } from './handle/errors.ts';
import { errorFrom } from './handle/explain.ts';
import { openStub, sendTo } from './handle/over-http.ts';
import type { Stub } from './handle/stub.ts';
import { memberOf } from './json-pointer.ts';
import { CONTROL_PREFIX } from './planes.ts';

/** How to reach a stub that runs elsewhere. */
export interface ConnectOptions {
  /** What its control plane asks for: `STUB_ADMIN_TOKEN` there. Not needed for one on a loopback address. */
  adminToken?: string;
}

/**
 * Gives the handle of a stub that runs elsewhere, in a container or in another process, once it has answered.
 *
 * @param url where it is, as in `http://127.0.0.1:4650`; with `/__admin` behind it, it means the same
 * @example
 * ```ts
 * import { connectStub, startStub } from 'chatcaptain-stub';
 *
 * await using server = await startStub({ adminToken: 'secret' }); // or a container
 * await using stub = await connectStub(server.url, { adminToken: 'secret' });
 * const { chatbotId, token } = await stub.chatbot();
 * console.log(await stub.scope(chatbotId).count()); // 0
 * ```
 * @throws StubError when nothing answers there, when it is no stub, or when it asks for another token
 */
export async function connectStub(url: string, options: ConnectOptions = {}): Promise<Stub> {
  const { adminToken } = options;
  const base = baseOf(url);
  if (adminToken !== undefined && !/^[\x21-\x7e]+$/.test(adminToken)) {
    throw new StubError('The adminToken holds what no token holds: white space, a line end, or nothing at all.');
  }
  await greet(base, adminToken);
  return openStub(base, adminToken);
}

/** The URL without what stands behind host and path prefix. */
function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new StubError(`${text} is no URL of a stub: give one such as http://127.0.0.1:4650.`);
  }
  return (url.origin + url.pathname).replace(new RegExp(`/*(?:${CONTROL_PREFIX})?/*$`), '');
}

/** Long enough for a server that is just starting, in milliseconds. */
const PATIENCE = 10_000;

async function greet(url: string, adminToken: string | undefined): Promise<void> {
  const target = `${CONTROL_PREFIX}/settings`;
  const { status, text } = await sendTo(url, adminToken)({ method: 'GET', target, patience: PATIENCE });
  if (status === 200 && isGreeting(text)) return;
  const error = errorFrom(`GET ${target} at ${url}`, status, text, undefined);
  if (error.problem !== undefined) throw error;
  throw new StubError(`There is no chatcaptain-stub at ${url}: GET ${target} was answered ${status}.`, { status });
}

function isGreeting(text: string): boolean {
  try {
    const greeting: unknown = JSON.parse(text);
    return typeof memberOf(greeting, 'version') === 'string' && memberOf(greeting, 'settings') !== undefined;
  } catch {
    return false;
  }
}
