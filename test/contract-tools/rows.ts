// The rows of the contract's table of cases, as they are sent.
import type { ContractCase } from '../../src/contract/cases.ts';
import type { Seat } from './target.ts';

/** A request as it is sent, and what came. */
export interface Exchange {
  request: { headers: Record<string, string>; text: string };
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Sends a case to a server, with the credentials of a seat. */
export async function send(url: string, row: ContractCase, seat: Seat): Promise<Exchange> {
  const tokens = {
    permitted: seat.token,
    unknown: 'CCSB-a1b2c3d4-e5f6g7h8i9j0',
    nobody: '',
    elsewhere: seat.elsewhere,
  };
  const token = tokens[row.sender];
  const headers = {
    ...(token !== '' && { authorization: `Bearer ${token}` }),
    ...(row.type !== undefined && { 'content-type': row.type }),
  };
  const text = row.body?.(seat.channelId) ?? '';
  const response = await fetch(`${url}/v1/inbox/${seat.chatbotId}${row.path}`, {
    method: row.method,
    headers,
    body: row.body === undefined ? null : text,
    signal: AbortSignal.timeout(30_000),
  });
  return {
    request: { headers, text },
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
}
