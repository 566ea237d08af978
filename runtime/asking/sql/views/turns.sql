-- Turns: from what a person asked to when the agent was idle again, with what happened in between.
WITH costs AS (
    SELECT session_id, turn, CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END AS cost_usd
    FROM model_requests
    WHERE end_seq IS NOT NULL
    GROUP BY session_id, turn
), counted AS (
    SELECT
        session_id, turn, min(seq) AS first_seq, max(seq) AS last_seq, min(time) AS started, max(time) AS ended,
        max(time_us) - min(time_us) AS duration_us,
        count(*) AS events,
        count(*) FILTER (is_error) AS errors,
        count(*) FILTER (ends_with(type, 'tool_use')) AS tool_uses,
        count(*) FILTER (type = 'span.model_request_end') AS requests,
        coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
        coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
        coalesce(sum(cache_read_tokens), 0)::BIGINT AS cache_read_tokens,
        coalesce(sum(cache_write_tokens), 0)::BIGINT AS cache_write_tokens,
        arg_min(summary, seq) FILTER (type = 'user.message') AS prompt,
        arg_max(summary, seq) FILTER (type = 'agent.message') AS answer,
        arg_max(name, seq) FILTER (type = 'session.status_idle') AS stop_reason,
        bool_or(type = 'user.interrupt') AS interrupted
    FROM events
    WHERE turn > 0
    GROUP BY session_id, turn
)
SELECT counted.*, costs.cost_usd
FROM counted
LEFT JOIN costs USING (session_id, turn)
