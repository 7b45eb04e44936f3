-- The evidence library: files that were read, and the passages of each. The search index beside the database is made from these
-- tables, and made again from them when it is lost. Numbers are never used twice, so that an index that lags names nothing else.
CREATE TABLE evidence_sources (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    address     TEXT    NOT NULL UNIQUE,
    title       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    reading     TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    added_at    TEXT    NOT NULL,
    passages    INTEGER NOT NULL
) STRICT;

CREATE TABLE evidence_passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES evidence_sources (number) ON DELETE CASCADE,
    id     TEXT    NOT NULL,
    title  TEXT    NOT NULL,
    text   TEXT    NOT NULL
) STRICT;

CREATE INDEX evidence_passages_by_source ON evidence_passages (source);

-- Sources that were taken out, in order: what the index has to forget.
CREATE TABLE evidence_removed (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    source   INTEGER NOT NULL,
    added_at TEXT    NOT NULL
) STRICT;

-- Vectors that an encoder made of passages, 32-bit floats in the processor's least-first order.
CREATE TABLE evidence_vectors (
    passage INTEGER NOT NULL REFERENCES evidence_passages (number) ON DELETE CASCADE,
    model   TEXT    NOT NULL,
    vector  BLOB    NOT NULL,
    PRIMARY KEY (passage, model)
) STRICT, WITHOUT ROWID;
