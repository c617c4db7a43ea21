-- Rows are clustered by chatbot: a chatbot's conversations are deleted, copied and restored together.
CREATE TABLE conversations (
  chatbot_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  email      TEXT,
  phone      TEXT,
  created_at TEXT NOT NULL, -- ISO 8601, UTC
  PRIMARY KEY (chatbot_id, id)
) STRICT, WITHOUT ROWID;

-- The channels that a chatbot declares. A chatbot with no row here takes any channel.
CREATE TABLE channels (
  chatbot_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  PRIMARY KEY (chatbot_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  id         TEXT NOT NULL PRIMARY KEY,
  name       TEXT,
  hash       TEXT NOT NULL UNIQUE, -- SHA-256 of the token, in hexadecimal; the token itself is kept nowhere
  grants     TEXT NOT NULL,        -- JSON: [{"permission": "chatbots.inbox.*", "resource": "chatbots/ID"}, …]
  created_at TEXT NOT NULL,
  expires_at TEXT,
  revoked_at TEXT
) STRICT, WITHOUT ROWID;
