// Sends what is planned, one request after the other, and compares each answer.
import type { ContractCase, Mistake } from './cases.ts';
import type { Difference } from './expected.ts';
import type { Plan, PlannedCase } from './plan.ts';
import { type Incoming, NoAnswerError, type Sending, send } from './send.ts';
import { type Shape, shapeOf } from './shape.ts';

export interface Answered {
  what: ContractCase;
  differences: Difference[];
  shape: Shape;
  /** The server has a new conversation, as far as its answer shows. */
  created?: { conversationId: string | undefined };
}

export interface Run {
  answered: Answered[];
  /** What was planned and not sent, since others of its kind created conversations. */
  left: Plan['left'];
  /** Why it came to no end. */
  failure?: string;
}

export interface RunOptions extends Sending {
  compare: (what: ContractCase, got: Shape) => Difference[];
  /** Whether to go on where refusals create conversations. */
  create: boolean;
  onAnswer: (answered: Answered) => void;
}

/** Answers of what stands before a server, or of one that cannot answer now: they say nothing of the request. */
const NOT_NOW = new Set([429, 502, 503, 504]);

/**
 * Resolves also where no answer comes: with what there is until then.
 *
 * @throws what the signal was aborted with
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Run> {
  const run: Run = { answered: [], left: [] };
  /** What is refused with these statuses is accepted instead. */
  const accepting = new Set<number>();
  for (const planned of plan.sent) {
    const { what } = planned;
    if (accepting.has(what.status) && !options.create) {
      run.left.push({ what, why: 'another of its kind was accepted, which creates conversations (--create goes on)' });
      continue;
    }
    try {
      const answered = answeredBy(await send(planned.outgoing, options), planned, plan, options);
      if (answered.created && !what.creates) accepting.add(what.status);
      run.answered.push(answered);
      options.onAnswer(answered);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      return { ...run, failure: error.message };
    }
  }
  const refused = credentialRefusal(run.answered);
  return refused === undefined ? run : { ...run, failure: refused };
}

function answeredBy(
  { status, headers, text }: Incoming,
  { what, outgoing: { url, method } }: PlannedCase,
  { hidden }: Plan,
  { compare }: RunOptions,
): Answered {
  if (NOT_NOW.has(status)) {
    throw new NoAnswerError(
      `${url.origin}: it answers ${status} now, which says nothing of the contract; try again later`,
    );
  }
  const shape = shapeOf({ headers, text }, { status, method, path: url.pathname, hidden });
  const isCreated = method === 'POST' && status >= 200 && status < 300 && !('/error' in shape.body);
  return {
    what,
    differences: compare(what, shape),
    shape,
    ...(isCreated && { created: { conversationId: conversationIn(text, shape) } }),
  };
}

/** As the contract names it; a server that names it otherwise has to be looked at. */
function conversationIn(text: string, { body }: Shape): string | undefined {
  const isNamed = body['/conversationId']?.startsWith('string') ?? false;
  return isNamed ? (JSON.parse(text) as { conversationId: string }).conversationId : undefined;
}

/** A parser refuses these before it is known who asks. */
const OF_THE_PARSER = new Set<Mistake | undefined>(['malformed body', 'foreign media type']);

/** Nothing can be said of a contract by who is not let in. */
function credentialRefusal(answered: readonly Answered[]): string | undefined {
  const own = answered.filter(({ what: { sender, status, mistake } }) => {
    return sender === 'permitted' && status < 404 && !OF_THE_PARSER.has(mistake);
  });
  const [first] = own;
  if (!first || !own.every(({ shape: { status } }) => status === 401 || status === 403)) return undefined;
  return `the credential is not good for this chatbot: each request with it was answered ${first.shape.status}`;
}
