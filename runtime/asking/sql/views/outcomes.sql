-- Outcomes a session was asked for, each with its evaluations so far and the last verdict.
WITH asked AS (
    SELECT session_id, seq, thread_id, turn, time, summary AS outcome
    FROM events
    WHERE type = 'user.define_outcome'
), evaluated AS (
    SELECT e.session_id, a.seq, e.seq AS end_seq, e.name, e.summary, e.duration_us
    FROM events AS e
    ASOF JOIN asked AS a ON a.session_id = e.session_id AND e.seq >= a.seq
    WHERE e.type = 'span.outcome_evaluation_end'
), judged AS (
    SELECT
        session_id, seq, count(*) AS evaluations, max(end_seq) AS verdict_seq, arg_max(name, end_seq) AS verdict,
        arg_max(summary, end_seq) AS explanation
    FROM evaluated
    GROUP BY session_id, seq
)
SELECT
    asked.*, coalesce(judged.evaluations, 0) AS evaluations, judged.verdict, judged.explanation, judged.verdict_seq
FROM asked
LEFT JOIN judged USING (session_id, seq)
