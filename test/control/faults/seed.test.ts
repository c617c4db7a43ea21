import path from 'node:path';
import t, { type Test } from 'tap';
import type { StubOptions } from '../../../src/index.ts';
import { startTestStub, type TestStub, VALID } from '../../support/stub.ts';
import { faultSteps, journal, makeFault } from './support.ts';

const MINE = 'mine';

/** A server with a seed, or without, in the test's own folder. */
function startSeeded(t: Test, folder: string, name: string, seed?: string): Promise<TestStub> {
  const options = { database: path.join(folder, `${name}.sqlite`), ...(seed !== undefined && { seed }) };
  return startTestStub(t, options as StubOptions);
}

/** What 30 requests of one chatbot were answered, and what the trails say of the faults, without their random ids. */
async function story(stub: TestStub, meanwhile: (index: number) => Promise<unknown> = async () => {}) {
  const faults = [
    { effect: { status: 503 }, probability: 0.3 },
    { effect: { error: 'busy', delayMs: { uniform: [0, 9] } }, probability: 0.3, times: 5 },
    { effect: { delayMs: { lognormal: { median: 2, sigma: 0.7 } } }, probability: 0.6 },
  ];
  for (const fault of faults) await makeFault(stub, { match: { chatbotId: MINE }, ...fault });
  const answers: unknown[] = [];
  for (let index = 0; index < 30; index++) {
    const [{ status, json }] = await Promise.all([stub.create(VALID, { chatbotId: MINE }), meanwhile(index)]);
    answers.push([status, json.conversationId ?? json.error]);
  }
  const entries = (await journal(stub)).filter(({ chatbot_id }) => chatbot_id === MINE);
  const trails = entries.flatMap(faultSteps).map((text) => text.replace(/fault \w{20}/, 'fault'));
  return { statuses: answers.map((answer) => (answer as [number])[0]), answers: withoutIds(answers), trails };
}

/** The body of a status fault names the fault, whose id is random. */
function withoutIds(answers: unknown[]): string[] {
  return answers.map((answer) => JSON.stringify(answer).replace(/Fault \w{20}/, 'Fault'));
}

t.test('with one seed the same requests give the same decisions and delays, whatever other chatbots do', async (t) => {
  const folder = t.testdir();
  const quiet = await story(await startSeeded(t, folder, 'quiet', 'one'));
  const busy = await startSeeded(t, folder, 'busy', 'one');
  await makeFault(busy, { match: { chatbotId: 'other' }, effect: { status: 500 }, probability: 0.5 });
  const noisy = await story(busy, (index) =>
    Promise.all(Array.from({ length: index % 4 }, () => busy.create(VALID, { chatbotId: 'other' }))),
  );
  t.same(noisy, quiet);
  t.ok(new Set(quiet.statuses).size > 1, 'some fired, some did not');
  t.ok(quiet.trails.some((text) => /^applied: fault: delay of \d+ ms \(drawn\)/.test(text)));
  t.ok(quiet.trails.some((text) => text.startsWith('ignored')));

  const other = await story(await startSeeded(t, folder, 'other', 'two'));
  t.notSame(other.trails, quiet.trails, 'another seed');
  const [first, second] = [
    await story(await startSeeded(t, folder, 'first')),
    await story(await startSeeded(t, folder, 'second')),
  ];
  t.notSame(first.trails, quiet.trails, 'no seed');
  t.notSame(first.trails, second.trails);
});

t.test('the decisions go on where they were after a restart', async (t) => {
  const folder = t.testdir();
  const fault = { match: { chatbotId: MINE }, effect: { status: 503 }, probability: 0.5 };
  const statuses = async (stub: TestStub, count: number): Promise<number[]> => {
    const result: number[] = [];
    for (let index = 0; index < count; index++) result.push((await stub.create(VALID, { chatbotId: MINE })).status);
    return result;
  };
  const through = await startSeeded(t, folder, 'through', 'one');
  await makeFault(through, fault);
  const whole = await statuses(through, 40);

  const before = await startSeeded(t, folder, 'broken', 'one');
  await makeFault(before, fault);
  const half = await statuses(before, 20);
  await before.stub.close();
  const after = await startSeeded(t, folder, 'broken', 'one');
  t.same([...half, ...(await statuses(after, 20))], whole);
  t.same([...new Set(whole)].sort(), [201, 503]);
});
