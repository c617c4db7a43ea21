import { ProblemError } from '../problem.ts';

/** 404 for a request that the journal does not have. @param dropped how many it had once */
export function notInJournal(id: string, dropped: number): ProblemError {
  return new ProblemError(
    404,
    `There is no request ${id}. The journal has dropped ${dropped} for its limits (STUB_JOURNAL_ENTRIES, STUB_JOURNAL_BYTES); GET /__admin/requests shows those that it holds.`,
    { dropped },
  );
}
