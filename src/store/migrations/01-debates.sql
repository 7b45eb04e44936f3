-- Spells "rhtr": tells the database from one of another program.
PRAGMA application_id = 0x72687472;

-- What lists show of a debate. The writer changes it together with the events, so it never disagrees with the log.
CREATE TABLE debates (
    -- Counts in the order in which debates came to this database.
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    opened_at   TEXT    NOT NULL,
    changed_at  TEXT    NOT NULL,
    motion      TEXT    NOT NULL,
    category    TEXT    NOT NULL,
    format      TEXT    NOT NULL,
    proposition TEXT    NOT NULL,
    opposition  TEXT    NOT NULL,
    -- A JSON list of names.
    judges      TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'paused', 'stopped', 'closed')),
    -- Why the debate stopped.
    reason      TEXT,
    speeches    INTEGER NOT NULL DEFAULT 0,
    planned     INTEGER NOT NULL,
    -- The length of the log: the seq of the next event.
    events      INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The log. The body is the event as JSON, without loss.
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    debate TEXT    NOT NULL REFERENCES debates (id) ON DELETE CASCADE,
    seq    INTEGER NOT NULL CHECK (seq >= 0),
    at     TEXT    NOT NULL,
    body   TEXT    NOT NULL,
    type   TEXT    NOT NULL GENERATED ALWAYS AS (body ->> '$.type') STORED,
    UNIQUE (debate, seq)
) STRICT;

-- What ladders are folded from, in the order in which results were recorded. Results outlive pruned debates, so that
-- tidying up moves no rating.
CREATE TABLE results (
    number  INTEGER PRIMARY KEY,
    debate  TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    at      TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    UNIQUE (debate, seq)
) STRICT;

-- Rendered requests by the hash of their content; the body is zstd.
CREATE TABLE requests (
    hash TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- Who runs what. AUTOINCREMENT: a number is never given twice, so a lost lease cannot become valid again.
CREATE TABLE leases (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT    NOT NULL UNIQUE,
    process      INTEGER NOT NULL,
    host         TEXT    NOT NULL,
    heartbeat_ms INTEGER NOT NULL
) STRICT;

-- Motions and speeches for the search; rowid is the number of the event.
CREATE VIRTUAL TABLE speech_text USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
