// The control plane as the page uses it: JSON over fetch, with the admin token where one is asked for.
import { useSyncExternalStore } from 'preact/compat';

const PREFIX = '/__admin';
const KEY = 'chatcaptain-stub admin token';

/** An answer that is no success. The message is what the server says to do about it. */
export class ControlPlaneError extends Error {
  readonly status: number;
  /** Each place of what was sent that is wrong. */
  readonly errors: readonly { pointer: string; detail: string }[];

  constructor(status: number, message: string, errors: ControlPlaneError['errors'] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export interface Asked {
  query?: Record<string, string | number | undefined> | undefined;
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks the control plane. A 401 makes the page ask for the token. */
export async function ask<Answer>(method: string, path: string, { query, body, signal }: Asked = {}): Promise<Answer> {
  const response = await send(PREFIX + path + queryString(query), {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (!response.ok) {
    const { message = `The server says ${response.status}.`, errors } = problemIn(text);
    throw new ControlPlaneError(response.status, message, errors);
  }
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** `fetch` with the admin token. */
export async function send(url: string | URL, init: RequestInit): Promise<Response> {
  const { token } = access;
  const headers = { ...(init.headers as Record<string, string>), ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { ...init, headers }).catch((error) => {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ControlPlaneError(0, 'The server does not answer. Is it still running?');
  });
  if (response.status === 401) {
    // Another request may have been sent before the token was typed in.
    if (token === access.token && !access.isNeeded) update({ ...access, isNeeded: true });
  } else if (response.ok && access.isNeeded && token === access.token) {
    update({ ...access, isNeeded: false });
  }
  return response;
}

/** A query without what is not set; with its question mark. */
export function queryString(query: Asked['query'] = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}

/** An error as both planes write it. */
function problemIn(text: string): { message?: string; errors?: ControlPlaneError['errors'] } {
  try {
    const { detail, message, errors } = JSON.parse(text);
    return { message: detail ?? message, errors };
  } catch {
    return {};
  }
}

interface Access {
  token: string | null;
  /** Whether the control plane has asked for a token, and has not been given the right one. */
  isNeeded: boolean;
  /** How often one was given: the same may be right after a restart of the server. */
  turn: number;
}

let access: Access = { token: sessionStorage.getItem(KEY), isNeeded: false, turn: 0 };
const listeners = new Set<() => void>();

function update(next: Access): void {
  access = next;
  for (const listener of listeners) listener();
}

/** Keeps the admin token for as long as this tab is open. Never in an address, which histories and logs keep. */
export function giveToken(token: string): void {
  sessionStorage.setItem(KEY, token);
  update({ token, isNeeded: false, turn: access.turn + 1 });
}

export function useAccess(): Access {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => access,
  );
}
