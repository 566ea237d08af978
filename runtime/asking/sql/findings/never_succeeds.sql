-- A tool was used three times or more in a session and failed every time.
SELECT
    session_id,
    min(seq) AS seq,
    list(seq ORDER BY seq)[2:] AS other_seqs,
    'high' AS severity,
    format('all {} uses of {} failed, last with: {}', count(*), name, arg_max(result, seq)[:120]) AS says
FROM tool_uses
WHERE is_error IS NOT NULL
GROUP BY session_id, name
HAVING count(*) >= 3 AND bool_and(is_error)
