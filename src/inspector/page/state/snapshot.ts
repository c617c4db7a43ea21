import type { Static } from '@sinclair/typebox';
import type { Snapshot as Schema } from '../../../control/snapshots.ts';

export type Snapshot = Static<typeof Schema>;

export function pathOf(name: string): string {
  return `/snapshots/${encodeURIComponent(name)}`;
}

/** Tells it from all others: two chatbots may each have one of the same name. */
export function keyOf({ name, chatbotId }: Snapshot): string {
  return JSON.stringify([chatbotId, name]);
}
