-- One file per home. The journal is only ever added to; the other tables are what it describes.

-- The journal has its tables in `journal.py`, what people granted in `grants.py`.

-- What each session did lately; older entries are dropped.
CREATE TABLE IF NOT EXISTS ledger (
  session TEXT NOT NULL,
  at      REAL NOT NULL,
  body    BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_session ON ledger (session, at);

-- The folders that each session was seen to work in: the policies of their projects stay in force for it.
CREATE TABLE IF NOT EXISTS folders (
  session TEXT NOT NULL,
  folder  TEXT NOT NULL,
  UNIQUE (session, folder)
);

-- Rights to start one decided action; the command leaves this table with its ticket.
CREATE TABLE IF NOT EXISTS tickets (
  id      TEXT PRIMARY KEY,
  expires REAL NOT NULL,
  body    BLOB NOT NULL
);

-- *work* is the name of the job at the engine: one call is admitted once.
CREATE TABLE IF NOT EXISTS jobs (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  session   TEXT NOT NULL,
  state     TEXT NOT NULL,
  announced INTEGER NOT NULL,
  body      BLOB NOT NULL,
  work      TEXT
);
CREATE INDEX IF NOT EXISTS jobs_session ON jobs (session, announced);
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state);

-- The name of this gate among others, which it keeps for life.
CREATE TABLE IF NOT EXISTS gate (
  name TEXT NOT NULL
);
INSERT INTO gate SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM gate);

-- How long commands took, by what they are without what varies (a hash: no text is kept). The id grows with every run.
CREATE TABLE IF NOT EXISTS durations (
  id      INTEGER PRIMARY KEY,
  routine TEXT NOT NULL UNIQUE,
  body    BLOB NOT NULL
);
