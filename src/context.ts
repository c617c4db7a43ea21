import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FastifyBaseLogger } from 'fastify';
import { createTokenStore, freshToken, type TokenStore } from './auth/tokens.ts';
import { type Chance, createChance, createSeededChance } from './chance.ts';
import { type AdjustableClock, createClock } from './clock.ts';
import type { Settings } from './config.ts';
import type { RecordedErrors } from './contract/render.ts';
import { isLoopback } from './control/admission.ts';
import { createFaults, type Faults } from './control/faults/faults.ts';
import { createFixtures, type Fixtures } from './control/fixtures/fixtures.ts';
import type { Loaded } from './control/fixtures/load.ts';
import { type Arrivals, createArrivals } from './control/requests/arrivals.ts';
import { createJournal, type Journal } from './control/requests/journal.ts';
import { createState, type State } from './control/state.ts';
import { createIdGenerator } from './ids.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { type Checkpoints, createCheckpoints } from './storage/checkpoints.ts';
import { isLoss } from './storage/failure.ts';
import { createFailureLog, type FailureLog } from './storage/failure-log.ts';
import { createGroupCommit, type GroupCommit } from './storage/group-commit.ts';
import { createStorageHealth, type StorageHealth } from './storage/health.ts';
import { shippedMigrations } from './storage/migrate.ts';
import { type HeldDatabase, holdDatabase, startupErrorFrom } from './storage/open.ts';

/** Everything that a server works with; shared with the servers that only describe it. */
export interface ServerContext {
  settings: Settings;
  logger: FastifyBaseLogger;
  readiness: Readiness;
  db: Database;
  held: HeldDatabase;
  health: StorageHealth;
  /** Resolves with the failure after which the database has to be opened anew. */
  lost: Promise<unknown>;
  groupCommit: GroupCommit;
  checkpoints: Checkpoints;
  tokens: TokenStore;
  clock: AdjustableClock;
  chance: Chance;
  journal: Journal;
  faults: Faults;
  fixtures: Fixtures;
  state: State;
  /** Requests that the server sends to itself. */
  arrivals: Arrivals;
  /** Makes ids for everything but conversations. Never seeded: an id in the journal names one request for ever. */
  newId: () => string;
  /** What `/__admin` asks for, if it asks. */
  adminToken?: string;
  /** What a real server was seen to answer to what is wrong. */
  recorded?: RecordedErrors;
}

/** What each capability of the control plane is registered with. */
export interface ControlOptions {
  context: ServerContext;
}

/** What a context takes over, and what is known before it. */
export interface ContextOptions {
  /** What the fixture files declare; `fixtures.seed()` puts it in. */
  loaded?: Loaded | undefined;
  /** What the server listens on: whether it reaches this machine only decides about the control plane. */
  address?: string;
  readiness?: Readiness;
  /** What outlives a database that is opened anew. */
  clock?: AdjustableClock;
  failures?: FailureLog;
  adminToken?: string | undefined;
  recorded?: RecordedErrors | undefined;
  /** Whether to read the whole database first, since it may be damaged, and to wait for no lock: it is tried again soon. */
  check?: boolean;
}

/**
 * Opens the database that the settings name, and makes what a server needs to work on it.
 *
 * @throws StartupError
 */
export function openContext(
  settings: Settings,
  logger: FastifyBaseLogger,
  options: ContextOptions = {},
): ServerContext {
  const held = holdDatabase({
    file: settings.database,
    durability: settings.durability,
    migrations: shippedMigrations(),
    lockTimeout: 0,
    check: options.check ?? false,
    ...(options.check && { patience: 0 }),
  });
  for (const migration of held.applied) logger.debug({ migration }, 'migrated');
  try {
    return createContext(held, settings, logger, options);
  } catch (error) {
    held.letGo();
    throw startupErrorFrom(error, settings.database);
  }
}

function createContext(
  held: HeldDatabase,
  settings: Settings,
  logger: FastifyBaseLogger,
  options: ContextOptions,
): ServerContext {
  const { loaded, address = settings.host, readiness = createReadiness(), clock = createClock(Date.now) } = options;
  const { failures = createFailureLog(logger) } = options;
  const { db, anchor } = held;
  const newId = createIdGenerator(Date.now, randomBytes);
  const { promise: lost, resolve: lose } = Promise.withResolvers<unknown>();
  const checkpoints = createCheckpoints(db, { file: settings.database, isInPlace: anchor.isInPlace });
  const groupCommit = createGroupCommit(db, {
    guard: anchor.assertInPlace,
    onCommit: checkpoints.committed,
    onFailure(error, writes) {
      failures.failed(error, writes);
      if (isLoss(error)) lose(error);
    },
    onRecovery: failures.recovered,
  });
  const health = createStorageHealth(db, { file: settings.database, groupCommit, anchor });
  const tokens = createTokenStore(db, { clock: clock.now, newId });
  const chance = settings.seed === undefined ? createChance(newId) : createSeededChance(settings.seed, db, groupCommit);
  const journal = createJournal(db, groupCommit, settings);
  const faults = createFaults(db, { groupCommit, newId, clock: clock.now });
  const fixtures = createFixtures(db, { settings, logger, groupCommit, tokens, clock: clock.now, loaded });
  const state = createState(db, { groupCommit, tokens, clock, chance, journal, faults, fixtures });
  const adminToken = options.adminToken ?? adminTokenOf(settings, address);
  return {
    settings,
    logger,
    readiness,
    db,
    held,
    health,
    lost,
    groupCommit,
    checkpoints,
    tokens,
    clock,
    chance,
    journal,
    faults,
    fixtures,
    state,
    arrivals: createArrivals(),
    newId,
    ...(adminToken === undefined ? {} : { adminToken }),
    ...(options.recorded && { recorded: options.recorded }),
  };
}

/** The control plane asks for a token where others than this machine's can reach it. */
export function adminTokenOf({ adminToken }: Settings, address: string): string | undefined {
  return adminToken ?? (isLoopback(address) ? undefined : freshToken());
}
