-- Each use of a tool joined with its result; NULLs where there is none (yet). input and result are one-line summaries.
WITH results AS (
    SELECT
        session_id, refers_to AS id, min(seq) AS seq,
        arg_min(time_us, seq) AS time_us, arg_min(is_error, seq) AS is_error,
        arg_min(duration_us, seq) AS duration_us, arg_min(summary, seq) AS summary
    FROM events
    WHERE refers_to IS NOT NULL
        AND type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.custom_tool_result', 'user.tool_result')
    GROUP BY session_id, refers_to
), answers AS (
    SELECT session_id, refers_to AS id, arg_max(name, seq) AS name
    FROM events
    WHERE refers_to IS NOT NULL AND type = 'user.tool_confirmation'
    GROUP BY session_id, refers_to
)
SELECT
    u.session_id, u.seq, r.seq AS result_seq, u.id, u.thread_id, u.turn, u.time, u.type, u.name,
    u.summary AS input,
    r.summary AS result,
    r.is_error,
    coalesce(r.duration_us, CASE WHEN r.time_us >= u.time_us THEN r.time_us - u.time_us END) AS duration_us,
    a.name AS confirmation
FROM events AS u
LEFT JOIN results AS r ON r.session_id = u.session_id AND r.id = u.id
LEFT JOIN answers AS a ON a.session_id = u.session_id AND a.id = u.id
WHERE u.type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use')
