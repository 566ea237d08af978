-- Sessions with their totals. cost_usd is by list prices, NULL where a price is not known; about is JSON.
WITH costs AS (
    SELECT session_id, CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END AS cost_usd
    FROM model_requests
    WHERE end_seq IS NOT NULL
    GROUP BY session_id
)
SELECT
    session_id, title, format, native_id, agent, model,
    moment(created_us) AS created,
    moment(first_us) AS started,
    moment(last_us) AS ended,
    duration_us, turns, events, errors, tool_uses, requests,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, tokens,
    cost_usd, live, parent, about, damage, created_us, first_us, last_us
FROM session_list
LEFT JOIN costs USING (session_id)
