-- What web search found, kept for a while so that nothing is asked twice.
CREATE TABLE web_searches (
    -- The service with all that its answers depend on besides the query.
    service      TEXT NOT NULL,
    query        TEXT NOT NULL,
    retrieved_at TEXT NOT NULL,
    -- The pages that it named, JSON.
    hits         TEXT NOT NULL,
    PRIMARY KEY (service, query)
) STRICT, WITHOUT ROWID;

CREATE TABLE web_pages (
    address      TEXT PRIMARY KEY,
    retrieved_at TEXT NOT NULL,
    -- What the page calls itself.
    title        TEXT,
    -- Its readable text, raw; empty if it was not read.
    text         TEXT NOT NULL,
    -- Why it was not read; NULL if it was.
    refusal      TEXT
) STRICT;
