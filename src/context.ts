import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FastifyBaseLogger } from 'fastify';
import { createTokenStore, freshToken, type TokenStore } from './auth/tokens.ts';
import { type Chance, createChance, createSeededChance } from './chance.ts';
import { type AdjustableClock, createClock } from './clock.ts';
import type { Settings } from './config.ts';
import { isLoopback } from './control/admission.ts';
import { createFaults, type Faults } from './control/faults/faults.ts';
import { createFixtures, type Fixtures } from './control/fixtures/fixtures.ts';
import type { Loaded } from './control/fixtures/load.ts';
import { createJournal, type Journal } from './control/requests/journal.ts';
import { createState, type State } from './control/state.ts';
import { createIdGenerator } from './ids.ts';
import { createGroupCommit, type GroupCommit } from './storage/group-commit.ts';
import { shippedMigrations } from './storage/migrate.ts';
import { openDatabase } from './storage/open.ts';

/** Everything that a server works with; shared with the servers that only describe it. */
export interface ServerContext {
  settings: Settings;
  logger: FastifyBaseLogger;
  db: Database;
  groupCommit: GroupCommit;
  tokens: TokenStore;
  clock: AdjustableClock;
  chance: Chance;
  journal: Journal;
  faults: Faults;
  fixtures: Fixtures;
  state: State;
  /** Makes ids for everything but conversations. Never seeded: an id in the journal names one request for ever. */
  newId: () => string;
  /** What `/__admin` asks for, if it asks. */
  adminToken?: string;
}

/** What each capability of the control plane is registered with. */
export interface ControlOptions {
  context: ServerContext;
}

/**
 * Opens the database that the settings name, and makes what a server needs to work on it.
 *
 * @param loaded what the fixture files declare; `fixtures.seed()` puts it in
 * @param address what the server will listen on: whether it reaches this machine only decides about the control plane
 */
export function openContext(
  settings: Settings,
  logger: FastifyBaseLogger,
  { loaded, address = settings.host }: { loaded?: Loaded | undefined; address?: string } = {},
): ServerContext {
  const clock = createClock(Date.now);
  const newId = createIdGenerator(Date.now, randomBytes);
  const { db, applied } = openDatabase({
    file: settings.database,
    durability: settings.durability,
    migrations: shippedMigrations(),
    lockTimeout: 0,
  });
  for (const migration of applied) logger.debug({ migration }, 'migrated');
  const groupCommit = createGroupCommit(db, {
    onFailure: (err, writes) => logger.error({ err, writes }, 'storage refused a group of writes; none was stored'),
  });
  const tokens = createTokenStore(db, { clock: clock.now, newId });
  const chance = settings.seed === undefined ? createChance(newId) : createSeededChance(settings.seed, db, groupCommit);
  const journal = createJournal(db, groupCommit, settings);
  const faults = createFaults(db, { groupCommit, newId, clock: clock.now });
  const fixtures = createFixtures(db, { settings, logger, groupCommit, tokens, clock: clock.now, loaded });
  const state = createState(db, { groupCommit, tokens, clock, chance, journal, faults, fixtures });
  const adminToken = settings.adminToken ?? (isLoopback(address) ? undefined : freshToken());
  return {
    settings,
    logger,
    db,
    groupCommit,
    tokens,
    clock,
    chance,
    journal,
    faults,
    fixtures,
    state,
    newId,
    ...(adminToken === undefined ? {} : { adminToken }),
  };
}
