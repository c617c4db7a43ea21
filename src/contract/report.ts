// What a verification says: to people line by line, to programs as one document.
import type { ContractCase } from './cases.ts';
import type { Plan } from './plan.ts';
import type { Answered, Run } from './run.ts';

/** What is compared, as both kinds of reader are told. */
export interface Subject {
  against: string;
  /** The file of recorded shapes; absent: the contract. */
  shapes: string | undefined;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** @param credential where it comes from, in words; absent where there is none */
export function announcement(
  plan: Plan,
  { against, shapes }: Subject,
  { chatbotId, credential }: { chatbotId: string; credential: string | undefined },
): string {
  const { sent, left } = plan;
  const creating = sent.filter(({ what }) => what.creates).length;
  const refused = sent.length - creating;
  const lines = [
    `Sends ${count(sent.length, 'request')} to ${against} for the chatbot ${chatbotId}, with ${credential ?? 'no credential'},`,
    `and compares the shapes of the answers with ${shapes ?? 'the contract'}.`,
    creating === 0
      ? 'Creates no conversation, as long as each is refused, as the contract says. Of a kind that is not, no more are sent.'
      : `Creates ${count(creating, 'conversation')}, and one more for each of the other ${refused} that is not refused.`,
  ];
  const reasons = new Map<string, number>();
  for (const { why } of left) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  for (const [why, number] of reasons) lines.push(`Leaves out ${number}: ${why}.`);
  return `${lines.join('\n')}\n\n`;
}

/** One answer, as soon as it is there. What was said of an earlier one is not said again. */
export function lineFor(
  { what: { name, creates }, differences, created }: Answered,
  earlier: readonly Answered[],
): string {
  const text = JSON.stringify(differences);
  const like = earlier.find((one) => one.differences.length > 0 && JSON.stringify(one.differences) === text);
  const lines = [`${differences.length === 0 ? 'same   ' : 'differs'}  ${name}${like ? `, as ${like.what.name}` : ''}`];
  for (const { place, expected, got, source } of like ? [] : differences) {
    lines.push(`           ${place}: expected ${expected}, got ${got} (${source})`);
  }
  if (created && !creates) lines.push('           it was accepted, so there may be a new conversation');
  return `${lines.join('\n')}\n`;
}

const ADVICE = {
  documented: "The vendor's document says otherwise: its API has changed, or this is another one.",
  inferred:
    'Where the document is silent, the stub infers, and this server does otherwise.\n' +
    '--record FILE keeps what it does, STUB_SHAPES=FILE makes the stub answer errors so, --shapes FILE compares with it.',
  recorded: 'It is otherwise than it was recorded.',
} as const;

export function summary({ answered, left, failure }: Run): string {
  const lines = ['', ...left.map(({ what, why }) => `not sent ${what.name}: ${why}`), ...(left.length > 0 ? [''] : [])];
  const differing = answered.filter(({ differences }) => differences.length > 0);
  const same = answered.length - differing.length;
  lines.push(
    `${count(answered.length, 'answer')}: ${same} same, ${differing.length} ${differing.length === 1 ? 'differs' : 'differ'}.`,
  );
  for (const source of ['documented', 'recorded', 'inferred'] as const) {
    const differences = answered.flatMap((one) => one.differences).filter((one) => one.source === source);
    if (differences.length > 0) lines.push(`${count(differences.length, 'difference')} ${source}. ${ADVICE[source]}`);
  }
  lines.push(createdIn(answered));
  if (failure !== undefined) lines.push(`Stopped: ${failure}.`);
  return `${lines.join('\n')}\n`;
}

/** How many conversations there are now, and which. */
export function createdIn(answered: readonly Answered[]): string {
  const created = answered.flatMap((one) => one.created ?? []);
  if (created.length === 0) return 'No conversation was created.';
  const ids = created.map(({ conversationId }) =>
    conversationId === undefined ? 'one without an id' : oneWord(conversationId),
  );
  return `${count(created.length, 'conversation was', 'conversations were')} created: ${ids.join(', ')}.`;
}

/** Of what a server answers, nothing may move the cursor of a terminal. */
function oneWord(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').slice(0, 100);
}

export type Outcome = 'same' | 'differs' | 'failed';

export function outcomeOf({ answered, failure }: Run): Outcome {
  if (failure !== undefined) return 'failed';
  return answered.some(({ differences }) => differences.length > 0) ? 'differs' : 'same';
}

export function documentOf(run: Run, plan: Plan, { against, shapes }: Subject): string {
  const { answered, left, failure } = run;
  const named = ({ name }: ContractCase) => ({ case: name });
  const document = {
    outcome: outcomeOf(run),
    ...(failure !== undefined && { failure }),
    against,
    comparedWith: shapes ?? 'contract',
    answered: answered.map(({ what, differences }) => ({ ...named(what), differences })),
    notSent: [...plan.left, ...left].map(({ what, why }) => ({ ...named(what), why })),
    created: answered.flatMap(({ what, created }) =>
      created ? [{ ...named(what), conversationId: created.conversationId ?? null }] : [],
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Where nothing could be sent, in the same form. */
export function unsentDocument(problems: readonly string[]): string {
  const document = { outcome: 'failed', failure: problems.join('; '), answered: [], notSent: [], created: [] };
  return `${JSON.stringify(document, null, 2)}\n`;
}
