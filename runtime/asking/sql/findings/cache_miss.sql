-- A request read less than half as much of its prompt from the cache as is usual in its thread.
WITH read AS (
    SELECT
        session_id, thread_id, seq, start_seq, prompt_tokens, cost_usd, cache_read_tokens / prompt_tokens AS share,
        row_number() OVER (PARTITION BY session_id, thread_id ORDER BY seq) AS nth
    FROM model_requests
    WHERE prompt_tokens > 0 AND cache_read_tokens IS NOT NULL
), usual AS (
    SELECT session_id, thread_id, median(share) AS share
    FROM read
    GROUP BY session_id, thread_id
    HAVING count(*) >= 5
)
SELECT
    read.session_id,
    read.seq,
    [read.start_seq] AS other_seqs,
    CASE WHEN read.prompt_tokens >= 100000 THEN 'high' ELSE 'medium' END AS severity,
    format(
        'read {:.0f} % of its {} prompt tokens from the cache, where {:.0f} % is usual',
        100 * read.share, read.prompt_tokens, 100 * usual.share
    ) AS says
FROM read
JOIN usual USING (session_id, thread_id)
WHERE read.nth > 1 AND usual.share >= 0.5 AND read.share < usual.share / 2 AND read.prompt_tokens >= 10000
