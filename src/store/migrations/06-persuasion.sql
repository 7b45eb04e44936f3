-- What persons thought before and after their debates. A row is there before its debate is, and outlives a pruned one: it goes
-- only when the person wants it forgotten.
CREATE TABLE persuasions (
    number             INTEGER PRIMARY KEY,
    id                 TEXT    NOT NULL UNIQUE,
    at                 TEXT    NOT NULL,
    debate             TEXT,
    name               TEXT    NOT NULL,
    motion             TEXT    NOT NULL,
    side               TEXT    NOT NULL CHECK (side IN ('proposition', 'opposition')),
    opponent           TEXT    NOT NULL,
    opponent_is_person INTEGER NOT NULL CHECK (opponent_is_person IN (0, 1)),
    before             INTEGER NOT NULL CHECK (before BETWEEN 1 AND 5),
    after              INTEGER CHECK (after BETWEEN 1 AND 5),
    -- What the opponent was told of the person, as JSON; only with consent.
    details            TEXT
) STRICT;
CREATE INDEX persuasions_by_debate ON persuasions (debate);

-- Votes of audiences, one before and one after a debate.
CREATE TABLE audience_votes (
    debate      TEXT    NOT NULL,
    moment      TEXT    NOT NULL CHECK (moment IN ('before', 'after')),
    at          TEXT    NOT NULL,
    proposition INTEGER NOT NULL CHECK (proposition >= 0),
    opposition  INTEGER NOT NULL CHECK (opposition >= 0),
    undecided   INTEGER NOT NULL CHECK (undecided >= 0),
    PRIMARY KEY (debate, moment)
) STRICT, WITHOUT ROWID;
