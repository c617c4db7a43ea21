/** The code of an error of SQLite's (`SQLITE_BUSY`) or of the system (`ENOSPC`); empty when it has none. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? '');
}

/** Whether another connection held the lock. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}
