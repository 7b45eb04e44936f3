-- Tournaments, with everything fixed that their results depend on.
CREATE TABLE tournaments (
    number INTEGER PRIMARY KEY,
    id     TEXT    NOT NULL UNIQUE,
    at     TEXT    NOT NULL,
    -- The plan as JSON.
    plan   TEXT    NOT NULL,
    -- What was asked of whoever runs it: 0 to go on, 1 to stop after the running matches, 2 to stop at once.
    halt   INTEGER NOT NULL DEFAULT 0 CHECK (halt IN (0, 1, 2))
) STRICT;

-- Matches that were paired. Whether one runs, stands or is done is told by its debate's lease, log and result.
CREATE TABLE matches (
    tournament  TEXT    NOT NULL REFERENCES tournaments (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number >= 0),
    -- Fixed when the match is paired: whoever runs it goes on with this debate.
    debate      TEXT    NOT NULL UNIQUE,
    round       INTEGER NOT NULL,
    motion      INTEGER NOT NULL,
    proposition INTEGER NOT NULL,
    opposition  INTEGER NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    -- 1 if it is not tried again.
    parked      INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
    -- Why it failed last.
    reason      TEXT,
    PRIMARY KEY (tournament, number)
) STRICT, WITHOUT ROWID;
