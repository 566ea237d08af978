-- A request cost five times the session's median or more, and at least half a dollar.
WITH usual AS (
    SELECT session_id, median(cost_usd) AS cost_usd, count(*) AS requests
    FROM model_requests
    GROUP BY session_id
)
SELECT
    r.session_id,
    r.seq,
    [r.start_seq] AS other_seqs,
    CASE WHEN r.cost_usd >= 20 * usual.cost_usd THEN 'high' ELSE 'medium' END AS severity,
    format(
        'cost ${:.2f}, {:.0f} times the median of this session: {} tokens in, {} out',
        r.cost_usd, r.cost_usd / usual.cost_usd, r.prompt_tokens, r.output_tokens
    ) AS says
FROM model_requests AS r
JOIN usual USING (session_id)
WHERE usual.requests >= 5 AND usual.cost_usd > 0 AND r.cost_usd >= 5 * usual.cost_usd AND r.cost_usd >= 0.5
