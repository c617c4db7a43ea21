// What went wrong with the upstream, in the words of the answer.
import type { ExchangeOutcome } from './exchange.ts';

/** How far it had come. */
export type Phase = 'connecting' | 'waiting' | 'reading';

/** No answer that could be passed on. The message names the upstream and what to look at, and holds nothing of the request. */
export class UpstreamFailure extends Error {
  override name = 'UpstreamFailure';
  readonly outcome: Exclude<ExchangeOutcome, 'answered'>;
  /** The headers of an answer that began, and did not come to a good end: names and values in turn. */
  responseHeaders?: readonly string[];

  constructor(outcome: UpstreamFailure['outcome'], message: string) {
    super(message);
    this.outcome = outcome;
  }

  /** What the caller is answered with. */
  get status(): 502 | 504 {
    return this.outcome === 'timeout' ? 504 : 502;
  }
}

/** What became of the request is not known: it is never sent a second time. */
const MAYBE = 'The request may have taken effect there: look before you send it again.';
const NOTHING = 'Nothing was sent.';
const LOOK = 'Is it running, and is STUB_UPSTREAM right?';

const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'has a name that is not known',
  EAI_AGAIN: 'has a name that cannot be looked up now',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
};

/** @param error what Node says of it */
export function failureFrom(error: NodeJS.ErrnoException, phase: Phase, origin: string): UpstreamFailure {
  const { code = error.message } = error;
  const upstream = `The upstream ${origin}`;
  if (/CERT|SIGNATURE/.test(code)) {
    const trust = 'NODE_EXTRA_CA_CERTS names a file with certificates to trust besides.';
    return new UpstreamFailure(
      'failed',
      `${upstream} has a certificate that is not trusted here (${code}). ${NOTHING} ${trust}`,
    );
  }
  if (phase === 'connecting') {
    const what = UNREACHABLE[code] ?? 'could not be connected to';
    return new UpstreamFailure('failed', `${upstream} ${what} (${code}). ${NOTHING} ${LOOK}`);
  }
  if (code.startsWith('HPE_')) {
    return new UpstreamFailure(
      'failed',
      `${upstream} answered with what is no HTTP (${code}). ${MAYBE} Does STUB_UPSTREAM have the right scheme and port?`,
    );
  }
  const when = phase === 'waiting' ? 'before it had answered' : 'in the middle of its answer';
  return new UpstreamFailure('failed', `${upstream} closed the connection ${when} (${code}). ${MAYBE}`);
}

/** @param limit in milliseconds */
export function timeoutIn(phase: Phase, limit: number, origin: string): UpstreamFailure {
  const what = {
    connecting: 'accept the connection',
    waiting: 'begin to answer',
    reading: 'come to the end of its answer',
  };
  const advice = phase === 'connecting' ? `${NOTHING} ${LOOK}` : `${MAYBE} STUB_UPSTREAM_TIMEOUT gives it longer.`;
  return new UpstreamFailure('timeout', `The upstream ${origin} did not ${what[phase]} within ${limit} ms. ${advice}`);
}

/** The caller does not wait for the end. One that has only said that it sends nothing more looks no different. */
export function givenUp(): UpstreamFailure {
  return new UpstreamFailure('left', 'given up, since the client had closed the connection');
}
