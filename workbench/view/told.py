"""The same story without a terminal: the sessions there are, and one session with its last events, as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runtime.asking.listing import listed
from runtime.store import Store
from workbench.view import words
from workbench.view.session.event_lines import Layout, event_line
from workbench.view.session.event_lines import heading as events_heading
from workbench.view.session.find import find_threads
from workbench.view.session.source import SessionSource
from workbench.view.session.writer import writers
from workbench.view.sessions import listing
from workbench.view.text import Line, line_text, shown

CELLS, SESSION_CELLS = 160, 240
TOLD_EVENTS = 40


def sessions_told(store: Store) -> Iterator[str]:
    """All sessions, a line each."""
    live = writers(store.locks_folder)
    lines = listing.in_order(listing.session_line(each, writer=each.session_id in live) for each in listed(store))
    if not lines:
        yield f"There are no sessions in {shown(str(store.root))}."
        yield "`workbench demo` shows some; `workbench import PATH` brings in yours."
        return
    yield from _plain([listing.heading(SESSION_CELLS)])
    yield from _plain(listing.list_line(line, SESSION_CELLS) for line in lines)
    yield ""
    yield f"{words.count(len(lines), 'session')}. `workbench open SESSION` shows one."


def session_told(source: SessionSource, seq: int | None = None, events: int = TOLD_EVENTS) -> Iterator[str]:
    """One session: who and when, and the events up to ``seq`` or to its last one."""
    manifest, reader, count = source.manifest, source.reader, source.count
    models = source.store.summary(manifest.session_id).sums.models
    yield shown(manifest.title or "untitled")
    held = words.count(count - len(source.standing), "event")
    errors = words.count(source.pulse.errors, "error")
    yield f"{manifest.session_id}   {words.moment(source.start_us)}   {held}   {errors}"
    yield "models: " + ", ".join(map(shown, models)) if models else "no model was asked"
    yield ""
    standing = source.standing
    lines = count - len(standing)
    stop = lines if seq is None else standing.line(standing.latest(min(seq, count - 1))) + 1
    start = max(0, stop - events)
    if start:
        yield f"… {words.count(start, 'event')} before these"
    layout = Layout(CELLS, count, source.start_us, find_threads(reader, 0, count), end_us=source.end_us)
    yield from _plain([events_heading(layout)])
    if start < stop:
        rows = reader.rows(standing.seq(start), standing.seq(stop - 1) + 1)
        yield from _plain(event_line(row, layout) for row in rows if row.seq in standing)
    if stop < lines:
        yield f"… {words.count(lines - stop, 'event')} after these"


def _plain(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        yield line_text(line).rstrip()
