"""Queries to start from: they answer what is often asked, and show how the relations go together."""

from __future__ import annotations

STARTS = {
    "tokens per model per day": """\
select model, time::date as day, count(*) as requests, sum(prompt_tokens) as prompt_tokens,
  sum(output_tokens) as output_tokens, round(sum(cost_usd), 4) as cost_usd
from model_requests
where model is not null
group by all
order by day desc, prompt_tokens desc;""",
    "three failures running": """\
with runs as (
  select *, row_number() over (partition by session_id, thread_id, name order by seq)
    - row_number() over (partition by session_id, thread_id, name, is_error order by seq) as run
  from tool_uses
  where is_error is not null
)
select session_id, min(seq) as seq, name, count(*) as failures, max(seq) as last_seq, arg_max(result, seq) as result
from runs
where is_error
group by session_id, thread_id, name, run
having count(*) >= 3
order by failures desc, session_id, seq;""",
    "slowest tool uses": """\
select session_id, seq, name, round(duration_us / 1e6, 1) as seconds, is_error, input
from tool_uses
where duration_us is not null
order by duration_us desc
limit 200;""",
    "slowest tools": """\
select name, count(*) as uses, round(median(duration_us) / 1e6, 2) as median_s,
  round(quantile_cont(duration_us, 0.95) / 1e6, 2) as p95_s, round(sum(duration_us) / 1e6, 1) as total_s,
  count(*) filter (is_error) as failures
from tool_uses
where duration_us is not null
group by name
order by total_s desc;""",
    "most expensive sessions": """\
select session_id, title, model, started, round(cost_usd, 2) as cost_usd, tokens, turns, errors
from sessions
order by cost_usd desc nulls last, tokens desc
limit 200;""",
    "findings by kind": """\
select finding, severity, count(*) as times, count(distinct session_id) as sessions
from findings
group by all
order by times desc;""",
    "findings, one by one": """\
select session_id, seq, finding, severity, says
from findings
order by list_position(['high', 'medium', 'low'], severity), finding, session_id, seq;""",
    "what errors say": """\
select summary, count(*) as times, count(distinct session_id) as sessions, min(session_id) as session_id,
  arg_min(seq, session_id) as seq
from events
where is_error and summary <> ''
group by summary
order by times desc
limit 200;""",
}
"""By name."""


def of_session(session_id: str) -> str:
    """What to begin with where a session is open: its events."""
    quoted = session_id.replace("'", "''")
    return (
        "select seq, type, name, is_error, summary, duration_us, time, session_id\n"
        f"from events\nwhere session_id = '{quoted}'\norder by seq;"
    )
