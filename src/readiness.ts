/** Why a server is not ready. */
export interface Unready {
  /** What `/readyz` names: the database, the fixtures that are being put in, or that the server stops. */
  check: 'database' | 'fixtures' | 'shutdown';
  /** In words for whoever operates the server. */
  reason: string;
}

/** Whether a server may be sent requests. Of the storage of one that runs, only what cannot be helped without opening it anew. */
export interface Readiness {
  /** Absent when it is ready. Once it stops, it stays so, whatever is set. */
  unready?: Unready | undefined;
  /** When the server was made, by `performance.now()`. */
  readonly since: number;
}

export function createReadiness(first?: Unready): Readiness {
  let current = first;
  return {
    since: performance.now(),
    get unready() {
      return current;
    },
    // A database that is opened meanwhile makes a server that stops no place to send requests to.
    set unready(next) {
      if (current?.check !== 'shutdown') current = next;
    },
  };
}
