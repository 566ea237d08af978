-- Threads: the contexts within a session; agent is what a subagent is called (NULL for the primary thread).
WITH created AS (
    SELECT
        session_id, p.payload ->> '$.session_thread_id' AS thread_id,
        any_value(e.name) AS agent, min(seq) AS created_seq
    FROM events AS e
    JOIN payloads AS p USING (session_id, seq)
    WHERE e.type = 'session.thread_created'
    GROUP BY session_id, p.payload ->> '$.session_thread_id'
), counted AS (
    SELECT
        session_id, thread_id, min(seq) AS first_seq, max(seq) AS last_seq, min(time) AS started, max(time) AS ended,
        count(*) AS events,
        count(*) FILTER (is_error) AS errors,
        count(*) FILTER (ends_with(type, 'tool_use')) AS tool_uses,
        count(*) FILTER (type = 'span.model_request_end') AS requests,
        coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
        coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
        coalesce(sum(cache_read_tokens), 0)::BIGINT AS cache_read_tokens,
        coalesce(sum(cache_write_tokens), 0)::BIGINT AS cache_write_tokens
    FROM events
    GROUP BY session_id, thread_id
)
SELECT counted.*, created.agent, created.created_seq
FROM counted
LEFT JOIN created USING (session_id, thread_id)
