// Who asks: the credentials of the fuzz, what each may do, and how they are sent.
import type { TestStub } from '../../support/stub.ts';
import { PERMISSION } from '../../support/stub.ts';

/** The chatbots that the paths of the fuzz name beside arbitrary ones. */
export const MINE = 'mine';
export const OTHER = 'other';
/** Declares one channel. */
export const CHANNELLED = 'channelled';
export const CHANNEL = 'web';

/** Credentials by what they are good for. */
export interface People {
  everything: string;
  mine: string;
  nothing: string;
  expired: string;
  revoked: string;
  unknown: string;
}

export function meet(stub: TestStub): People {
  const mine = [{ permission: PERMISSION, resource: `chatbots/${MINE}` }];
  const revoked = stub.mint(mine);
  stub.revoke(revoked.token.id);
  stub.declareChannels(CHANNELLED, CHANNEL);
  return {
    everything: stub.mint([{ permission: '*', resource: 'chatbots/*' }]).credential,
    mine: stub.mint(mine).credential,
    nothing: stub.mint([]).credential,
    expired: stub.mint(mine, { expiresIn: 1e-3 }).credential,
    revoked: revoked.credential,
    unknown: 'nobody-has-ever-made-this-one',
  };
}

/** What the guard says to headers, by the README: 401, 403, or nothing. */
export function guardOf(people: People, headers: readonly (readonly [string, string])[], chatbotId: string) {
  const values = (wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
  // Node takes the first of two, and joins those of a name that it does not know.
  const [authorization] = values('authorization');
  const keys = values('x-chatcaptain-key');
  const key = keys.length === 0 ? undefined : keys.join(', ');
  let credential = key;
  if (authorization !== undefined) {
    const [, bearer] = /^bearer[ \t]+(.+)$/i.exec(authorization) ?? [];
    if (bearer === undefined || (key !== undefined && key !== bearer)) return 401;
    credential = bearer;
  }
  if (credential === people.everything) return undefined;
  if (credential === people.mine) return chatbotId === MINE ? undefined : 403;
  return credential === people.nothing ? 403 : 401;
}
