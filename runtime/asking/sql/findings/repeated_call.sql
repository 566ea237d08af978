-- The same call, down to its whole input (blanks aside), was made four times or more in one thread.
WITH alike AS (
    SELECT session_id, thread_id, name, input, seq, result
    FROM tool_uses
    QUALIFY count(*) OVER (PARTITION BY session_id, thread_id, name, input) >= 4
), whole AS (
    SELECT
        alike.*,
        regexp_replace(
            CASE WHEN json_valid(payload) THEN payload -> '$.input' END::VARCHAR, '(\\[nrt]|\s)+', '', 'g'
        ) AS call
    FROM alike
    JOIN payloads USING (session_id, seq)
)
SELECT
    session_id,
    min(seq) AS seq,
    list(seq ORDER BY seq)[2:] AS other_seqs,
    CASE WHEN count(DISTINCT result) = 1 THEN 'medium' ELSE 'low' END AS severity,
    format(
        '{} was called {} times with the same input{}: {}',
        name, count(*), CASE WHEN count(DISTINCT result) = 1 THEN ' and the same result' ELSE '' END,
        any_value(input)[:100]
    ) AS says
FROM whole
WHERE call IS NOT NULL
GROUP BY session_id, thread_id, name, call
HAVING count(*) >= 4
