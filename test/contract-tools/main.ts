// Other people's tools against a real stub, and against stubs that have drifted: node test/contract-tools/main.ts [--write]
import { existsSync } from 'node:fs';
import { startDriftingServer } from './drifting-server.ts';
import { DRIFTS, type Drift, NO_DRIFT } from './drifts.ts';
import { cleanUp } from './processes.ts';
import { namesOf, type Seen, standsInPage, tablesOf, writeIntoPage } from './report.ts';
import { startStub, type Target, targetAt } from './target.ts';
import type { Outcome, Tool } from './tool.ts';
import { direct } from './tools/direct.ts';
import { dredd } from './tools/dredd.ts';
import { oasdiff } from './tools/oasdiff.ts';
import { pact } from './tools/pact.ts';
import { prismWithOurs, prismWithVendors } from './tools/prism.ts';
import { redocly } from './tools/redocly.ts';
import { spectral } from './tools/spectral.ts';
import { typedClient } from './tools/typed-client.ts';

const TOOLS: readonly Tool[] = [
  prismWithVendors,
  prismWithOurs,
  dredd,
  redocly,
  spectral,
  oasdiff,
  typedClient,
  pact,
  direct,
];

const began = performance.now();
const say = (text: string) => process.stdout.write(`[${((performance.now() - began) / 1000).toFixed(1)} s] ${text}\n`);

const problems: string[] = [];
const problem = (text: string) => {
  problems.push(text);
  say(`FAILED: ${text}`);
};

process.once('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
if (existsSync(new URL('node_modules', import.meta.url))) await main();
else problem('the tools are not here. First, in the root of the repository: npm ci --prefix test/contract-tools');
if (problems.length > 0) say(`${problems.length} failed:\n${problems.map((text) => `- ${text}`).join('\n')}`);
process.exit(problems.length > 0 ? 1 : 0);

/** Two stubs: one as it is, and one that answers documented statuses only. */
interface Stubs<T> {
  plain: T;
  documented: T;
}

async function main(): Promise<void> {
  const [plain, documented] = await Promise.all([startStub(), startStub('--unauthenticated-status=403')]);
  const stubs = { plain, documented };
  const outcomes = await checkAll(stubs);
  for (const tool of await thoseWhoComplain(TOOLS, NO_DRIFT, stubs))
    problem(`${tool.name} complains where nothing drifts`);
  const seen: Seen[] = [];
  for (const drift of DRIFTS) seen.push(await letDrift(drift, stubs));
  if (problems.length > 0) return;
  const tables = tablesOf(outcomes, seen);
  if (process.argv.includes('--write')) writeIntoPage(tables);
  else if (!standsInPage(tables)) {
    problem(`the documentation says something else than this; npm run test:contract -- --write puts it in:\n${tables}`);
  }
}

async function checkAll(stubs: Stubs<Target>): Promise<Map<Tool, Outcome>> {
  const outcomes = new Map<Tool, Outcome>();
  await sideBySide(TOOLS, async (tool) => {
    const outcome = await outcomeOf(tool, stubs);
    if (!outcome) return;
    outcomes.set(tool, outcome);
    const { checked, result, faults, doubts = [] } = outcome;
    for (const what of [...faults, ...doubts]) problem(`${tool.name}: ${what}`);
    if (faults.length + doubts.length === 0) say(`${tool.name}: ${checked}: ${result}`);
  });
  return new Map(TOOLS.flatMap((tool) => (outcomes.has(tool) ? [[tool, outcomes.get(tool) as Outcome]] : [])));
}

/** Each drift must be caught, and by somebody else than us. */
async function letDrift(drift: Drift, stubs: Stubs<Target>): Promise<Seen> {
  const looking = TOOLS.filter(({ looksAt }) => looksAt.includes(drift.of));
  const complaining = await thoseWhoComplain(looking, drift, stubs);
  const caught = looking.filter((tool) => complaining.has(tool));
  if (caught.some((tool) => tool.package !== undefined))
    say(`${drift.name}, ${drift.words}: caught by ${namesOf(caught)}`);
  else problem(`no tool has caught ${drift.name}, ${drift.words}`);
  return { drift, caught, missed: looking.filter((tool) => !complaining.has(tool)) };
}

async function thoseWhoComplain(tools: readonly Tool[], drift: Drift, stubs: Stubs<Target>): Promise<Set<Tool>> {
  const plain = await startDriftingServer(stubs.plain.url, drift);
  const documented = await startDriftingServer(stubs.documented.url, drift);
  const complaining = new Set<Tool>();
  await sideBySide(tools, async (tool) => {
    const outcome = await outcomeOf(tool, { plain: targetAt(plain.url), documented: targetAt(documented.url) });
    if (outcome && outcome.faults.length > 0) complaining.add(tool);
  });
  plain.close();
  documented.close();
  return complaining;
}

async function outcomeOf(tool: Tool, { plain, documented }: Stubs<Target>): Promise<Outcome | undefined> {
  try {
    return await tool.check(tool.documentedStatusesOnly ? documented : plain);
  } catch (error) {
    problem(`${tool.name} could not run: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Two at a time: most of it is waiting for a process to start. */
async function sideBySide<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const lane = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one);
  };
  await Promise.all([lane(), lane()]);
}
