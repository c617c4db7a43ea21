-- The chatbots that somebody made on purpose. A chatbot needs no row here to take conversations.
CREATE TABLE chatbots (
  id         TEXT NOT NULL PRIMARY KEY,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The chatbot that a token was made with, and goes with. NULL: the token stands by itself.
ALTER TABLE tokens ADD COLUMN chatbot_id TEXT;
CREATE INDEX tokens_by_chatbot ON tokens (chatbot_id);

-- The journal: every data-plane request, in the order of its answer. Credentials are redacted before they come here.
CREATE TABLE requests (
  seq              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT    NOT NULL UNIQUE,
  time             TEXT    NOT NULL, -- ISO 8601, UTC
  method           TEXT    NOT NULL,
  path             TEXT    NOT NULL,
  query            TEXT,
  chatbot_id       TEXT    NOT NULL, -- empty: the request names no chatbot
  status           INTEGER,          -- NULL: no answer went out
  duration_ms      REAL    NOT NULL,
  request_headers  TEXT    NOT NULL, -- JSON
  request_body     ANY,              -- TEXT as it came; BLOB when it is not UTF-8
  response_headers TEXT    NOT NULL, -- JSON
  response_body    ANY,
  decisions        TEXT    NOT NULL, -- JSON: [{"step": …, "outcome": …, "detail": …}, …]
  seed             TEXT,
  bytes            INTEGER NOT NULL  -- what this entry counts for against the journal's limit
) STRICT;
CREATE INDEX requests_by_chatbot ON requests (chatbot_id, seq, bytes);

-- How many entries of a chatbot the journal's limits have pushed out.
CREATE TABLE dropped_requests (
  chatbot_id TEXT    NOT NULL PRIMARY KEY,
  entries    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE faults (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  chatbot_id TEXT    NOT NULL, -- empty: for every chatbot
  definition TEXT    NOT NULL, -- JSON: {"match": …, "effect": …, "times": …, "probability": …}
  fired      INTEGER NOT NULL,
  created_at TEXT    NOT NULL
) STRICT;
CREATE INDEX faults_by_chatbot ON faults (chatbot_id);

-- Saved states. The conversations are rows of their own; the rest is little, and stands in `state` as JSON.
CREATE TABLE snapshots (
  key        INTEGER PRIMARY KEY AUTOINCREMENT,
  chatbot_id TEXT    NOT NULL, -- empty: a snapshot of everything
  name       TEXT    NOT NULL,
  created_at TEXT    NOT NULL,
  conversations INTEGER NOT NULL, -- how many rows are its own in snapshot_conversations
  state      TEXT    NOT NULL, -- JSON: {"TABLE": [{"COLUMN": …}, …], …}
  UNIQUE (chatbot_id, name)
) STRICT;

CREATE TABLE snapshot_conversations (
  snapshot   INTEGER NOT NULL,
  chatbot_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  email      TEXT,
  phone      TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (snapshot, chatbot_id, id)
) STRICT, WITHOUT ROWID;

-- With a seed: how many requests of a chatbot have had their share of it.
CREATE TABLE turns (
  chatbot_id TEXT    NOT NULL PRIMARY KEY,
  turn       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the fixtures put in, so that what they no longer declare can be taken out again.
CREATE TABLE seeded (
  kind       TEXT NOT NULL, -- chatbot, token, conversation
  chatbot_id TEXT NOT NULL, -- empty for a token that stands by itself
  id         TEXT NOT NULL,
  PRIMARY KEY (kind, chatbot_id, id)
) STRICT, WITHOUT ROWID;
