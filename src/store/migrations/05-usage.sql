-- What the calls of a debate used, by who made them. The writer counts it together with the events. It outlives pruned debates:
-- what was paid stays paid.
CREATE TABLE usage (
    debate            TEXT    NOT NULL,
    part              TEXT    NOT NULL CHECK (part IN ('player', 'judge', 'momentum')),
    name              TEXT    NOT NULL,
    calls             INTEGER NOT NULL,
    prompt_tokens     INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    dollars           REAL    NOT NULL,
    milliseconds      INTEGER NOT NULL,
    PRIMARY KEY (debate, part, name)
) STRICT, WITHOUT ROWID;

INSERT INTO usage
SELECT
    e.debate,
    CASE e.type WHEN 'role_said' THEN 'player' WHEN 'judge_said' THEN 'judge' ELSE 'momentum' END,
    coalesce(
        CASE e.type
            WHEN 'role_said' THEN CASE e.body ->> '$.side' WHEN 'proposition' THEN d.proposition ELSE d.opposition END
            WHEN 'judge_said' THEN d.judges ->> CAST(e.body ->> '$.judge' AS INTEGER)
            ELSE e.body ->> '$.judge'
        END,
        ''
    ),
    count(*),
    CAST(total(e.body ->> '$.usage.prompt_tokens') AS INTEGER),
    CAST(total(e.body ->> '$.usage.cached_tokens') AS INTEGER),
    CAST(total(e.body ->> '$.usage.completion_tokens') AS INTEGER),
    total(e.body ->> '$.usage.dollars'),
    CAST(total(e.body ->> '$.usage.milliseconds') AS INTEGER)
FROM events e JOIN debates d ON d.id = e.debate
WHERE e.type IN ('role_said', 'judge_said', 'prospect_measured')
GROUP BY 1, 2, 3;
