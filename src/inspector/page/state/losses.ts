import { useQuery } from '@tanstack/preact-query';
import { ask } from '../api.ts';
import type { Counts } from './words.ts';

/** What a reset would delete, of one chatbot or of all, without doing it. */
export function useLosses(chatbotId: string | undefined) {
  return useQuery({
    queryKey: ['losses', chatbotId],
    queryFn: ({ signal }) =>
      ask<Counts>('POST', '/reset', { query: { dryRun: 'true', ...scopeOf(chatbotId) }, signal }),
    // It is a question about now.
    gcTime: 0,
    staleTime: 0,
  });
}

/** What the query of a destructive call says: one chatbot, or everything. */
export function scopeOf(chatbotId: string | undefined): Record<string, string> {
  return chatbotId === undefined ? { all: 'true' } : { chatbotId };
}
