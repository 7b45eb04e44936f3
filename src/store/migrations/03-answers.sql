-- What models answered to a court, by the request and the model: a recipe whose weights or rules change asks nothing twice.
CREATE TABLE answers (
    request TEXT NOT NULL,
    model   TEXT NOT NULL,
    -- The answer with its usage, JSON.
    body    TEXT NOT NULL,
    PRIMARY KEY (request, model)
) STRICT, WITHOUT ROWID;
