-- Each request to a model: its start joined with its end; NULLs where the other half is not known (yet).
-- prompt_tokens are input_tokens (neither read from a cache nor written to one) and both kinds of cached tokens.
-- cost_usd is by list prices of the day, what was cached for an hour counted as such; NULL where a price is not known.
WITH starts AS (
    SELECT session_id, id, seq, thread_id, turn, time_us, time, model
    FROM events
    WHERE type = 'span.model_request_start'
), ends AS (
    SELECT
        e.session_id, e.refers_to, e.seq, e.thread_id, e.turn, e.time_us, e.time,
        e.model, e.name, e.is_error, e.duration_us,
        e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens,
        e.cache_write_1h_tokens, coalesce(e.input_tokens, 0) AS fresh, coalesce(e.output_tokens, 0) AS written,
        coalesce(e.cache_read_tokens, 0) AS hit, coalesce(e.cache_write_tokens, 0) AS kept,
        coalesce(e.cache_write_1h_tokens, 0) AS kept_1h, fresh + hit + kept AS prompt_tokens,
        coalesce(e.time_us, 9223372036854775806) AS priced_us
    FROM events AS e
    WHERE e.type = 'span.model_request_end'
), priced AS (
    SELECT ends.*, CASE WHEN prompt_tokens + written = 0 THEN 0 ELSE (
        CASE WHEN fresh = 0 THEN 0 ELSE fresh * p.input END
        + CASE WHEN written = 0 THEN 0 ELSE written * p.output END
        + CASE WHEN hit = 0 THEN 0 ELSE hit * p.cache_read END
        + CASE WHEN kept = kept_1h THEN 0 ELSE (kept - kept_1h) * p.cache_write END
        + CASE WHEN kept_1h = 0 THEN 0 ELSE kept_1h * p.cache_write_1h END
    ) / 1000000 END AS cost_usd
    FROM ends
    LEFT JOIN price_spans AS p
        ON p.model = ends.model AND priced_us >= p.since_us AND priced_us < p.until_us
        AND (prompt_tokens > p.above OR p.above = 0) AND prompt_tokens <= p.up_to
)
SELECT
    coalesce(e.session_id, s.session_id) AS session_id,
    coalesce(e.seq, s.seq) AS seq,
    s.seq AS start_seq,
    e.seq AS end_seq,
    coalesce(e.thread_id, s.thread_id) AS thread_id,
    coalesce(e.turn, s.turn) AS turn,
    coalesce(s.time, e.time) AS time,
    coalesce(e.model, s.model) AS model,
    e.name AS stop_reason,
    e.is_error,
    coalesce(e.duration_us, CASE WHEN e.time_us >= s.time_us THEN e.time_us - s.time_us END) AS duration_us,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.cache_write_1h_tokens,
    e.prompt_tokens, e.cost_usd
FROM priced AS e
FULL JOIN starts AS s ON s.session_id = e.session_id AND s.id = e.refers_to
