-- The same tool failed three times or more in a row (other tools may have been used in between).
WITH results AS (
    SELECT
        session_id, thread_id, name, seq, is_error, result,
        row_number() OVER (PARTITION BY session_id, thread_id, name ORDER BY seq)
        - row_number() OVER (PARTITION BY session_id, thread_id, name, is_error ORDER BY seq) AS run
    FROM tool_uses
    WHERE is_error IS NOT NULL
)
SELECT
    session_id,
    min(seq) AS seq,
    list(seq ORDER BY seq)[2:] AS other_seqs,
    CASE WHEN count(*) >= 6 THEN 'high' ELSE 'medium' END AS severity,
    format('{} failed {} times in a row, last with: {}', name, count(*), arg_max(result, seq)[:120]) AS says
FROM results
WHERE is_error
GROUP BY session_id, thread_id, name, run
HAVING count(*) >= 3
