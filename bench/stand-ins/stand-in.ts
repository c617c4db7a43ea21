/** What a test suite asks of a stand-in for the API, whichever it is. Each file beside this one exports one as `start`. */
export type Start = () => Promise<Started>;

/** A stand-in that listens. */
export interface Started {
  /** Makes what the first request needs, and says where it goes. */
  prepare: () => Promise<Target>;
  close: () => Promise<void>;
}

export interface Target {
  url: string;
  headers?: Record<string, string>;
}
