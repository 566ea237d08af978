-- A person interrupted the agent.
SELECT
    session_id,
    seq,
    []::BIGINT[] AS other_seqs,
    'low' AS severity,
    format('interrupted in turn {}', turn) AS says
FROM events
WHERE type = 'user.interrupt'
