// What a benchmark finds: figures by who was measured and what of it, each with the rounds that it is the median of.

export interface Figure {
  unit: Unit;
  median: number;
  min: number;
  max: number;
  rounds: number[];
}
export type Unit = 'ms' | 'µs' | '1/s' | 'MB' | 'bytes';

/** By contestant, then by what was measured. */
export type Figures = Record<string, Record<string, Figure>>;

export interface PartResult {
  date: string;
  /** One short round, which shows that it works and says little. */
  quick: boolean;
  /** Where and with what it was measured. */
  machine: string;
  versions: Record<string, string>;
  /** Whose figures the ratios are to. */
  reference: string;
  figures: Figures;
  /** The medians, divided by the reference's. */
  ratios: Record<string, Record<string, number>>;
  /** Who could not be measured, and why. */
  skipped: Record<string, string>;
}
export type Results = Record<string, PartResult>;

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(all: number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] as number) + (sorted[Math.floor(half)] as number)) / 2;
}

/** Collects rounds, by contestant and by what was measured. */
export class Collection {
  readonly #rounds = new Map<string, Map<string, { unit: Unit; rounds: number[] }>>();

  add(who: string, what: string, unit: Unit, value: number): void {
    const its = this.#rounds.get(who) ?? new Map();
    this.#rounds.set(who, its);
    const rounds = its.get(what)?.rounds ?? [];
    its.set(what, { unit, rounds });
    rounds.push(value);
  }

  figures(): Figures {
    const figures: Figures = {};
    for (const [who, its] of this.#rounds) {
      const own: Record<string, Figure> = {};
      for (const [what, { unit, rounds }] of its) own[what] = figureOf(unit, rounds);
      figures[who] = own;
    }
    return figures;
  }
}

function figureOf(unit: Unit, rounds: number[]): Figure {
  const [middle, min, max] = [median(rounds), Math.min(...rounds), Math.max(...rounds)];
  return { unit, median: round(middle), min: round(min), max: round(max), rounds: rounds.map(round) };
}

/** As many digits as mean something. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function ratiosTo(reference: string, figures: Figures): PartResult['ratios'] {
  const ratios: PartResult['ratios'] = {};
  for (const [who, its] of Object.entries(figures)) {
    const own: Record<string, number> = {};
    for (const [what, figure] of Object.entries(its)) {
      const unit = figures[reference]?.[what];
      if (unit) own[what] = Number((figure.median / unit.median).toPrecision(3));
    }
    ratios[who] = own;
  }
  return ratios;
}

/** A number as people read it: three digits that mean something, and thousands set apart. */
export function readable(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
