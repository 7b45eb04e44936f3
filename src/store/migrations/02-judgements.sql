-- Judgements outside of debates: of imported transcripts, of stored debates judged again, of an audit's cases, and people's.
CREATE TABLE judgements (
    number  INTEGER PRIMARY KEY,
    -- The hash of all that a judgement depends on.
    key     TEXT NOT NULL UNIQUE,
    at      TEXT NOT NULL,
    source  TEXT NOT NULL,
    judge   TEXT NOT NULL,
    topic   TEXT NOT NULL,
    -- 0 while calls are open, 1 when there is a ballot, 2 when it is void.
    state   INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    -- The judgement as JSON, zstd.
    body    BLOB NOT NULL
) STRICT;
CREATE INDEX judgements_by_judge ON judgements (judge, number);
