-- Nothing happened for five minutes or more within a turn; says what was waited for.
WITH waits AS (
    SELECT
        session_id, turn, seq, type, name,
        lag(seq) OVER within AS before,
        time_us - lag(time_us) OVER within AS waited_us
    FROM events
    WHERE turn > 0 AND (type LIKE 'agent.%' OR type LIKE 'span.%' OR type LIKE 'user.%')
    WINDOW within AS (PARTITION BY session_id, turn ORDER BY seq)
)
SELECT
    session_id,
    seq,
    [before] AS other_seqs,
    CASE
        WHEN type LIKE 'user.%' AND type NOT LIKE 'user.%result' THEN 'low'
        WHEN waited_us >= 1800000000 THEN 'high'
        ELSE 'medium'
    END AS severity,
    format(
        'waited {} min for {}',
        round(waited_us / 60000000, 1),
        CASE
            WHEN type LIKE '%tool_result' THEN 'the tool ' || coalesce(name, '?')
            WHEN type LIKE 'user.%' THEN 'a person'
            WHEN type LIKE 'span.outcome%' THEN 'the grader'
            ELSE 'the model'
        END
    ) AS says
FROM waits
WHERE waited_us >= 300000000
