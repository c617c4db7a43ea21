// Everything that is measured, of one server: several in a process share nothing.
import { Registry } from 'prom-client';
import type { ServerContext } from '../context.ts';
import type { Recorder } from '../control/requests/record.ts';
import { measureCommits } from './commits.ts';
import { measureProcess } from './process.ts';
import { measureRequests } from './requests.ts';
import { createScraped } from './scraped.ts';
import { measureStorage } from './storage.ts';
import { measureUpstream } from './upstream.ts';

export interface Measuring {
  registry: Registry;
  /** Lets go of what would outlive the server. */
  stop: () => void;
}

/** Begins to measure. In the answer of `/metrics` the names stand in the order of these lines. */
export function startMeasuring(context: ServerContext, recorder: Pick<Recorder, 'observe'>): Measuring {
  const registry = new Registry();
  const scraped = createScraped(registry, context.logger);
  measureRequests(registry, recorder);
  if (context.settings.upstream !== undefined) measureUpstream(registry, recorder);
  measureCommits(registry, scraped, context.groupCommit);
  measureStorage(scraped, context);
  const stop = measureProcess(registry, scraped, context.db);
  return { registry, stop };
}
