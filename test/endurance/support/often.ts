import type { Arbitrary } from 'fast-check';

/** One of several, as often as its weight says. */
export const often = <T>(weight: number, arbitrary: Arbitrary<T>) => ({ weight, arbitrary });
