"""What was found in a store, as lines: the heading of a session, and under it its events."""

from __future__ import annotations

from runtime.event import Row
from workbench.view import words
from workbench.view.glyphs import glyph
from workbench.view.search.searching import Found, Group, Results
from workbench.view.session.event_lines import name_of
from workbench.view.text import Line, both_ends, cut, cut_line, fit, shown, width

SEQ_CELLS, NAME_CELLS, TIME_CELLS = 9, 12, 10
TIMES_FROM_CELLS, ORIGIN_FROM_CELLS = 90, 70
BEFORE_SHARE = 3
"""So much of an excerpt's room, a third, is what stands before the match where not all of it fits."""


def heading_line(group: Group, cells: int) -> Line:
    """``Fix the flaky test      12 events   codex   2026-03-02 09:14``."""
    right: Line = [(words.count(group.events, "event"), "accent")]
    if group.events > len(group.found):
        right.append((f", {len(group.found):,} shown", "muted"))
    if group.about.origin and cells >= ORIGIN_FROM_CELLS:
        right.append((f"   {group.about.origin}", "muted"))
    if started := words.moment(group.about.started_us):
        right.append((f"   {started}", "muted"))
    return both_ends([(group.about.title, "strong")], right, cells)


def found_line(found: Found, row: Row | None, started_us: int | None, cells: int) -> Line:
    """An event: its number, when it was, what it is, and the text around the match. The row may be on its way yet."""
    line: Line = [(fit(words.number(found.seq), SEQ_CELLS, right=True), "faint")]
    if cells >= TIMES_FROM_CELLS:
        when = words.since(row.time_us, started_us) if row is not None else ""
        line.append((fit(when, TIME_CELLS, right=True), "muted"))
    mark, role = glyph(row) if row is not None else (" ", "")
    name = name_of(row) if row is not None else ""
    line += [("  ", ""), (mark + " ", role), (fit(name, NAME_CELLS) + " ", role)]
    used = sum(width(text) for text, _ in line)
    return cut_line([*line, *excerpt_line(found, cells - used)], cells)


def excerpt_line(found: Found, cells: int) -> Line:
    """The match, marked, and what stands around it, in so many cells."""
    if cells <= 0:
        return []
    match = fit(found.match, cells).rstrip() if width(found.match) > cells else found.match
    room = cells - width(match)
    before, after = found.before, found.after
    wide, behind = width(before), width(after)
    if wide + behind > room:
        kept = min(wide, max(room // BEFORE_SHARE, room - behind))
        if kept < wide:
            before = "…" + cut(before, wide - kept + 1, kept - 1) if kept else ""
    left = room - width(before)
    return [(before, "muted"), (match, "hit"), (fit(after, left) if behind > left else after, "muted")]


def counted(results: Results) -> str:
    """``312 events in 40 sessions``, and what of it is not shown."""
    if not results.events:
        return "nothing found yet"
    found = f"{words.count(results.events, 'event')} in {words.count(results.sessions, 'session')}"
    return f"{found}, {results.shown:,} shown" if results.shown < results.events else found


def so_far(sessions: int, of_sessions: int) -> str:
    """``1,204 of 20,000 sessions``."""
    return f"{sessions:,} of {words.count(of_sessions, 'session')}" if of_sessions else "looking for sessions"


def asked(narrowing: str, needle: str) -> Line:
    """What was asked."""
    filter_words: Line = [(shown(narrowing) + " ", "muted")] if narrowing else []
    return [*filter_words, (shown(needle), "accent")]
