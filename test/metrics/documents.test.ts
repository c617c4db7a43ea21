// What docs/ says of the metrics is what there is.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse as parseYaml } from 'yaml';
import { admin } from '../support/admin.ts';
import { startTestStub, VALID } from '../support/stub.ts';
import { answering, startUpstream } from '../upstream/servers.ts';
import { type Exposition, scrape } from './exposition.ts';

const file = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const markdown = file('metrics.md');

interface Panel {
  id: number;
  title: string;
  type: string;
  datasource: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { datasource: { uid: string }; expr: string }[];
}

const dashboard = JSON.parse(file('grafana-dashboard.json')) as {
  __inputs: { name: string; type: string; pluginId: string }[];
  __requires: { type: string; id: string; version: string }[];
  panels: Panel[];
  templating: { list: { name: string; datasource: { uid: string }; definition: string }[] };
};

/** Every metric that an expression names. */
const namesIn = (expression: string): string[] => expression.match(/\b(?:chatcaptain_stub|nodejs|process)_\w+/g) ?? [];

/** The metrics of a stub that has done a bit of everything. */
async function exposition(): Promise<Exposition> {
  const upstream = await startUpstream(t, answering(200, { conversationId: 'x' }));
  const stub = await startTestStub(t, { metrics: 'on', upstream: upstream.url });
  await stub.create(VALID);
  await stub.create({});
  await admin(stub, 'GET', '/requests');
  await scrape(stub);
  // Until the event loop has been looked at.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return scrape(stub);
}

const { families, samples } = await exposition();
const sampled = new Set([...samples.keys()].map((key) => key.replace(/\{.*/, '')));

t.test('docs/metrics.md lists exactly the metrics that there are, with their types and labels', async (t) => {
  const rows = [...markdown.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*)\| [^|]+\|[^|]*\|$/gm)];
  const listed = rows.map(([, name, type, labels = '']) => [name, type, labels.match(/\w+/g) ?? []]);
  const there = [...families].map(([name, { type, labels }]) => [name, type, [...labels]]);
  t.same(listed.map(String).sort(), there.map(String).sort());
  t.ok(listed.length > 20);
});

t.test('every metric has a text that helps, and a name that tells its unit', async (t) => {
  for (const [name, { type, help }] of families) {
    t.match(help, /^[A-Z].{15,}[^.]*\.?$/, name);
    t.match(name, /^(chatcaptain_stub|process|nodejs)_[a-z0-9_]+$/);
    t.equal(name.endsWith('_total'), type === 'counter', `${name}: _total is for counters`);
    t.notMatch(name, /_(ms|milliseconds|kb|percent)/);
  }
});

t.test('every expression of the dashboard names metrics that a stub has', async (t) => {
  const expressions = [
    ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
    ...dashboard.templating.list.map(({ name, definition }) => [name, definition] as const),
  ];
  t.ok(expressions.length >= 20);
  for (const [title, expression] of expressions) {
    const names = namesIn(expression);
    t.not(names.length, 0, `${title}: names one`);
    for (const name of names) t.ok(sampled.has(name), `${title}: ${name}`);
  }
});

t.test('the labels that the dashboard groups and chooses by are there', async (t) => {
  // Prometheus adds these two, and Grafana knows the others.
  const known = new Set(['job', 'instance', 'le']);
  for (const { labels } of families.values()) for (const label of labels) known.add(label);
  for (const { targets } of dashboard.panels) {
    for (const { expr } of targets) {
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
      const chosen = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label as string);
      for (const label of [...grouped, ...chosen]) t.ok(known.has(label), `${label} in ${expr}`);
    }
  }
});

t.test('the dashboard can be imported: its data source is asked for, and its panels do not overlap', async (t) => {
  const [input] = dashboard.__inputs;
  t.match(input, { type: 'datasource', pluginId: 'prometheus' });
  const uid = `\${${input?.name}}`;
  const places = [
    ...dashboard.panels,
    ...dashboard.panels.flatMap(({ targets }) => targets),
    ...dashboard.templating.list,
  ];
  for (const { datasource } of places) t.equal(datasource.uid, uid);
  const required = dashboard.__requires.filter(({ type }) => type === 'panel').map(({ id }) => id);
  t.same([...new Set(dashboard.panels.map(({ type }) => type))].sort(), required.sort());
  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    t.ok(gridPos.x + gridPos.w <= 24, `${title}: within the grid`);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        if (taken.has(`${x},${y}`)) t.fail(`${title}: over another at ${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
  }
});

t.test('every example of an alert names metrics that a stub has', async (t) => {
  const blocks = [...markdown.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parseYaml(text));
  const rules = blocks.flatMap(({ groups = [] }) =>
    groups.flatMap((group: { rules: { expr: string }[] }) => group.rules),
  );
  t.ok(rules.length >= 4);
  for (const { expr } of rules) {
    t.ok(namesIn(expr).length > 0);
    for (const name of namesIn(expr)) t.ok(sampled.has(name), name);
  }
});
