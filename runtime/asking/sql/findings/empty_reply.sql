-- A request ended well, and nothing came of it: no words, no use of a tool.
WITH said AS (
    SELECT
        session_id, thread_id, seq, type, is_error, output_tokens,
        count(*) FILTER (type <> 'span.model_request_end')
            OVER (PARTITION BY session_id, thread_id ORDER BY seq) AS so_far
    FROM events
    WHERE type = 'span.model_request_end' OR (
        type LIKE 'agent.%' AND type NOT LIKE '%tool_result'
        AND type NOT IN ('agent.thinking', 'agent.thread_message_received')
    )
), ends AS (
    SELECT *, so_far - coalesce(lag(so_far) OVER (PARTITION BY session_id, thread_id ORDER BY seq), 0) AS things
    FROM said
    WHERE type = 'span.model_request_end'
)
SELECT
    session_id,
    seq,
    []::BIGINT[] AS other_seqs,
    'medium' AS severity,
    format('the model replied with nothing ({} tokens out)', coalesce(output_tokens::VARCHAR, '?')) AS says
FROM ends
WHERE things = 0 AND NOT is_error
