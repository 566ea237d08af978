-- Each event once, as it stands: rows that a later row replaced are left out.
SELECT *
FROM event_rows
ANTI JOIN (SELECT session_id, supersedes AS seq FROM event_rows WHERE supersedes IS NOT NULL) USING (session_id, seq)
