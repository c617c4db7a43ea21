// Reads what /metrics answers, strictly: what is out of order in it throws.
import { send } from '../support/stub.ts';

export interface Family {
  type: string;
  help: string;
  /** Of the samples that there are; `le` left out. */
  labels: Set<string>;
}

export interface Exposition {
  text: string;
  families: Map<string, Family>;
  /** The value of each sample, by its name and its labels in order: `name{a="b"}`. */
  samples: Map<string, number>;
  /** The value of one sample; without labels, the sum of all by this name. */
  value: (name: string, labels?: Record<string, string>) => number;
}

/** One label; its value may hold escaped quotes, backslashes and line feeds, and nothing else that is escaped. */
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf)$/;

export function parse(text: string): Exposition {
  const families = new Map<string, Family>();
  const samples = new Map<string, number>();
  let current: { name: string; family: Family } | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const lines = text.slice(0, -1).split('\n');
  for (const [index, line] of lines.entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 1}, ${why}: ${line}`);
    };
    if (line === '') continue;
    const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    if (name) {
      if (families.has(name)) fail('a second time');
      const [, described, type = ''] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[index + 1] ?? '') ?? [];
      if (described !== name) fail('without a type on the next line');
      current = { name, family: { type, help, labels: new Set() } };
      families.set(name, current.family);
      continue;
    }
    if (line.startsWith('#')) {
      if (!line.startsWith(`# TYPE ${current?.name} `)) fail('a type of something else');
      continue;
    }
    const [, sample = '', inner = '', value = ''] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail('no sample');
    const [suffix] = /(?:_bucket|_sum|_count)$/.exec(sample) ?? [];
    const isPart = current?.family.type === 'histogram' && suffix !== undefined;
    if (current?.name !== (isPart ? sample.slice(0, -suffix.length) : sample)) fail('a sample of something else');
    if (!NUMBER.test(value)) fail('no number');
    const labels = labelsOf(inner) ?? fail('labels that cannot be read');
    for (const label of Object.keys(labels)) if (label !== 'le') current?.family.labels.add(label);
    const key = keyOf(sample, labels);
    if (samples.has(key)) fail('a second time');
    samples.set(key, Number(value.replace('Inf', 'Infinity')));
  }
  for (const [name, { type }] of families) if (type === 'histogram') checkBuckets(name, samples);
  return {
    text,
    families,
    samples,
    value(name, labels) {
      if (labels) return samples.get(keyOf(name, labels)) ?? 0;
      return [...samples].reduce((sum, [key, value]) => sum + (key.replace(/\{.*/, '') === name ? value : 0), 0);
    },
  };
}

function labelsOf(inner: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const [, name = '', value = ''] = LABEL.exec(inner) ?? [];
    if (name === '' || name in labels) return undefined;
    labels[name] = value;
  }
  return labels;
}

function keyOf(name: string, labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.sort().join(',')}}`;
}

/** In each series of a histogram the buckets stand in order and only grow, and the last is the count. */
function checkBuckets(name: string, samples: Map<string, number>): void {
  const series = new Map<string, [bound: number, count: number][]>();
  for (const [key, count] of samples) {
    if (!key.startsWith(`${name}_bucket{`)) continue;
    const [, bound = ''] = /le="([^"]+)"/.exec(key) ?? [];
    const rest = key
      .slice(`${name}_bucket`.length)
      .replace(/,?le="[^"]+"/, '')
      .replace('{,', '{')
      .replace('{}', '');
    series.set(rest, [...(series.get(rest) ?? []), [Number(bound.replace('+Inf', 'Infinity')), count]]);
  }
  for (const [rest, buckets] of series) {
    for (const [index, [bound, count]] of buckets.entries()) {
      const [before, fewer] = buckets[index - 1] ?? [Number.NEGATIVE_INFINITY, 0];
      if (bound <= before || count < fewer) throw new Error(`${name}${rest}: bucket ${bound} is out of order`);
    }
    const [last, all] = buckets.at(-1) ?? [];
    if (last !== Number.POSITIVE_INFINITY || samples.get(`${name}_count${rest}`) !== all) {
      throw new Error(`${name}${rest}: the last bucket is not the count`);
    }
    if (!samples.has(`${name}_sum${rest}`)) throw new Error(`${name}${rest}: no sum`);
  }
}

/** Asks for the metrics of a stub. */
export async function scrape({ url }: { url: string }): Promise<Exposition> {
  const answer = await send(url, { method: 'GET', path: '/metrics' });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return parse(answer.text);
}

/** By how much the samples of a name have grown between two scrapes, those that have not left out. */
export function growth(before: Exposition, after: Exposition, name: string): Record<string, number> {
  const grown: Record<string, number> = {};
  for (const [key, value] of after.samples) {
    if (key.replace(/\{.*/, '') !== name) continue;
    const more = value - (before.samples.get(key) ?? 0);
    if (more !== 0) grown[key.slice(name.length)] = more;
  }
  return grown;
}
