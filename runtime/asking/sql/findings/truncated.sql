-- A reply was cut off because it reached its token limit or the end of the context.
SELECT
    session_id,
    seq,
    [start_seq] AS other_seqs,
    'high' AS severity,
    format('the reply was cut off after {} tokens ({})', coalesce(output_tokens::VARCHAR, '?'), stop_reason) AS says
FROM model_requests
WHERE lower(stop_reason) IN (
    'max_tokens', 'length', 'max_output_tokens', 'model_context_window_exceeded', 'model_length'
)
