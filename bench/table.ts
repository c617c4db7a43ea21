// The figures of a part as a table for people.
import { type PartResult, readable } from './figures.ts';

export function tableOf(title: string, { figures, ratios, reference, skipped, quick }: PartResult): string {
  const lines = [`\n${title}${quick ? ' (quick: one short round)' : ''}`];
  const measures = new Set(Object.values(figures).flatMap((its) => Object.keys(its)));
  const width = Math.max(...Object.keys(figures).map((who) => who.length)) + 2;
  for (const what of measures) {
    const unit = Object.values(figures).find((its) => its[what])?.[what]?.unit;
    lines.push(`  ${what}, ${unit}`, `  ${' '.repeat(width)}${cells('median', 'min', 'max', 'ratio')}`);
    for (const [who, its] of Object.entries(figures)) {
      const figure = its[what];
      if (!figure) continue;
      const ratio = ratios[who]?.[what];
      const numbers = [figure.median, figure.min, figure.max].map(readable);
      lines.push(`  ${who.padEnd(width)}${cells(...numbers, ratio === undefined ? '' : readable(ratio))}`);
    }
  }
  lines.push(`  ratio: to ${reference}`);
  for (const [who, why] of Object.entries(skipped)) lines.push(`  not measured: ${who}: ${why}`);
  return lines.join('\n');
}

export function cells(...texts: string[]): string {
  return texts.map((text) => text.padStart(11)).join('');
}
