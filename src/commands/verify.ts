import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { credentialsInEnvironment, SettingsError } from '../config.ts';
import { compareShapes } from '../contract/compare.ts';
import { compareWithContract, type Difference } from '../contract/expected.ts';
import { type Credential, type PlanOptions, planOf } from '../contract/plan.ts';
import { readShapes, type Shapes, writeShapes } from '../contract/record.ts';
import {
  announcement,
  count,
  createdIn,
  documentOf,
  lineFor,
  outcomeOf,
  type Subject,
  summary,
  unsentDocument,
} from '../contract/report.ts';
import { type Answered, type Run, runPlan } from '../contract/run.ts';
import type { Shape } from '../contract/shape.ts';
import { placeOf } from '../storage/copy.ts';
import { codeOf } from '../storage/sqlite-error.ts';
import { interruptible } from './interruptible.ts';
import type { Ending } from './signals.ts';

interface VerifyFlags {
  against: string;
  chatbot?: string;
  otherChatbot?: string;
  channel?: string;
  token?: string;
  key?: string;
  create?: boolean;
  timeout?: string;
  shapes?: string;
  record?: string;
  force?: boolean;
  json?: boolean;
}

const EXIT_CODES = { same: 0, differs: 1, failed: 2 } as const;

/** Who has no credential is let in to no chatbot, whatever its name. */
const ANY_CHATBOT = 'my-chatbot';

/**
 * Verifies; `--json` gets its one document also where nothing could be sent.
 *
 * @throws SettingsError before anything is sent
 */
export async function verify(flags: VerifyFlags): Promise<Ending> {
  try {
    return await verifyServer(flags);
  } catch (error) {
    if (flags.json && error instanceof SettingsError) process.stdout.write(unsentDocument(error.problems));
    throw error;
  }
}

/**
 * Sends the contract's cases to a server, and resolves with 0 when the shapes of its answers are the same, 1 when they
 * differ, and 2 when that cannot be told.
 *
 * @throws SettingsError before anything is sent
 */
async function verifyServer(flags: VerifyFlags): Promise<Ending> {
  const { shapes: file, record, force, json, create = false } = flags;
  const base = baseFrom(flags.against);
  const timeoutMs = timeoutFrom(flags.timeout ?? '10');
  const shapes = file === undefined ? undefined : readShapes(file);
  const place = record === undefined ? undefined : placeForRecord(record, force);
  const { credential, from, chatbotId } = await identityFrom(flags);
  const options: PlanOptions = {
    base,
    credential,
    chatbotId,
    otherChatbotId: flags.otherChatbot,
    channelId: flags.channel ?? 'web',
    create,
    recorded: shapes,
  };
  const plan = planOf(options);
  const subject: Subject = { against: `${base.origin}${base.pathname.replace(/\/$/, '')}`, shapes: file };

  let code = 0;
  const ending = await interruptible(async (signal) => {
    const answered: Answered[] = [];
    const onAnswer = (one: Answered): void => {
      if (!json) process.stdout.write(lineFor(one, answered));
      answered.push(one);
    };
    (json ? process.stderr : process.stdout).write(announcement(plan, subject, { chatbotId, credential: from }));
    const compare = shapes ? compareWith(shapes) : compareWithContract();
    try {
      let run = await runPlan(plan, { compare, create, timeoutMs, signal, onAnswer });
      const isKept = place !== undefined && run.failure === undefined;
      // Before the result is said: without its record it is not what was asked for.
      if (isKept) run = await keep(run, place, record as string, signal);
      process.stdout.write(json ? documentOf(run, plan, subject) : summary(run));
      if (run.failure !== undefined) process.stderr.write(`error: ${run.failure}\n`);
      else if (isKept)
        process.stderr.write(`${record}: the shapes of ${count(answered.length, 'answer')}, without values\n`);
      code = EXIT_CODES[outcomeOf(run)];
    } catch (error) {
      if (signal.aborted) {
        process.stderr.write(`broken off after ${count(answered.length, 'answer')}. ${createdIn(answered)}\n`);
        const broken = { answered, left: [], failure: 'broken off by a signal' };
        if (json) process.stdout.write(documentOf(broken, plan, subject));
      }
      throw error;
    }
  });
  return ending === 0 ? code : ending;
}

function compareWith(shapes: Shapes) {
  return ({ name }: { name: string }, got: Shape): Difference[] =>
    compareShapes(shapes.get(name) as Shape, got).map((difference) => ({ ...difference, source: 'recorded' }));
}

/** Returns what is to be said of the run then. */
async function keep(run: Run, place: string, file: string, signal: AbortSignal): Promise<Run> {
  try {
    await writeShapes(place, new Map(run.answered.map(({ what, shape }) => [what.name, shape])), new Date(), signal);
    return run;
  } catch (error) {
    signal.throwIfAborted();
    return { ...run, failure: `--record ${file}: cannot be written (${codeOf(error)})` };
  }
}

function baseFrom(text: string): URL {
  const url = URL.parse(text);
  // A password would be shown to everybody who lists the processes, and is none of this API's.
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === '') return url;
  throw new SettingsError([
    '--against: must be the base of an API, as in https://api.chatcaptain.com or http://127.0.0.1:4650',
  ]);
}

function timeoutFrom(seconds: string): number {
  const milliseconds = /^\d+(?:\.\d+)?$/.test(seconds) ? Math.round(Number(seconds) * 1000) : 0;
  if (milliseconds >= 1 && milliseconds <= 600_000) return milliseconds;
  throw new SettingsError([`--timeout ${seconds}: must be a number of seconds, at most 600`]);
}

/** Looked at before anything is sent: what was sent cannot be taken back. */
function placeForRecord(file: string, force = false): string {
  const place = placeOf(file);
  const there = statSync(place, { throwIfNoEntry: false });
  if (there && !there.isFile()) throw new SettingsError([`--record ${file}: is no plain file`]);
  if (there && !force) throw new SettingsError([`--record ${file}: is there already; --force replaces it`]);
  try {
    accessSync(path.dirname(place), constants.W_OK);
  } catch (error) {
    throw new SettingsError([`--record ${file}: its folder cannot be written (${codeOf(error)})`]);
  }
  return place;
}

interface Identity {
  credential: Credential | undefined;
  /** Where it comes from, in words. */
  from: string | undefined;
  chatbotId: string;
}

interface Candidate {
  name: string;
  header: Credential['header'];
  secret: string | undefined;
}

/** Flags before the environment. */
async function identityFrom({ token, key, chatbot, otherChatbot }: VerifyFlags): Promise<Identity> {
  const variables = credentialsInEnvironment();
  const inFlags: Candidate[] = [
    { name: '--token', header: 'authorization', secret: token },
    { name: '--key', header: 'x-chatcaptain-key', secret: key },
  ];
  const inEnvironment: Candidate[] = [
    { name: 'CHATCAPTAIN_TOKEN', header: 'authorization', secret: variables.CHATCAPTAIN_TOKEN },
    { name: 'CHATCAPTAIN_KEY', header: 'x-chatcaptain-key', secret: variables.CHATCAPTAIN_KEY },
  ];
  const isByFlag = token !== undefined || key !== undefined;
  const [first, second] = (isByFlag ? inFlags : inEnvironment).filter(({ secret }) => secret !== undefined);
  const chatbotId = chatbot ?? variables.CHATCAPTAIN_CHATBOT_ID;
  if (chatbotId !== undefined) assertSegment('--chatbot', chatbotId);
  if (otherChatbot !== undefined) assertSegment('--other-chatbot', otherChatbot);
  if (!first) return { credential: undefined, from: undefined, chatbotId: chatbotId ?? ANY_CHATBOT };
  const { name, header } = first;
  if (second) throw new SettingsError([`${name} and ${second.name}: give one of them`]);
  if (chatbotId === undefined) {
    throw new SettingsError([
      '--chatbot (or CHATCAPTAIN_CHATBOT_ID): must name the chatbot that the credential is for',
    ]);
  }
  const secret = isByFlag && first.secret === '-' ? await secretFromInput(name) : (first.secret as string);
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new SettingsError([`${name}: must be printable ASCII without white space`]);
  return { credential: { header, secret }, from: `the credential of ${name}`, chatbotId };
}

/** Of these a URL makes no part of its path, and the requests would go to another one, with the credential. */
function assertSegment(flag: string, id: string): void {
  if (!['', '.', '..'].includes(id) && id.isWellFormed()) return;
  throw new SettingsError([`${flag}: must be the id of a chatbot`]);
}

async function secretFromInput(flag: string): Promise<string> {
  if (process.stdin.isTTY) {
    throw new SettingsError([`${flag} -: standard input is a terminal; send the credential into it`]);
  }
  return (await text(process.stdin)).trim();
}
