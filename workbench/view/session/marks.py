"""Marks: events of one session that somebody wants to come back to. They outlive the app (`workbench.kept`)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from workbench.kept.remembered import Remembered
from workbench.view.glyphs import MARK
from workbench.view.session.standing import Standing
from workbench.view.text import Line


class Marks:
    """The marks of one session."""

    def __init__(self, remembered: Remembered, session_id: str) -> None:
        self._remembered, self._session_id = remembered, session_id

    def seqs(self, standing: Standing, count: int) -> list[int]:
        """The marked events as they stand now, in order; one that was replaced counts as what replaced it."""
        known = self._remembered.marks(self._session_id)
        return sorted({standing.latest(mark.seq) for mark in known if mark.seq < count})

    def toggle(self, seq: int, event_id: str, standing: Standing) -> bool:
        """Mark an event, or take its mark away; whether it is marked now."""
        known = self._remembered.marks(self._session_id)
        there = [mark.seq for mark in known if standing.latest(mark.seq) == seq]
        for old in there:
            self._remembered.unmark(self._session_id, old)
        if not there:
            self._remembered.mark(self._session_id, seq, event_id)
        return not there

    def latest_but(self, seq: int, standing: Standing, count: int) -> int | None:
        """The event that was marked last, ``seq`` aside."""
        known = self._remembered.marks(self._session_id)
        others = [mark for mark in known if mark.seq < count and standing.latest(mark.seq) != seq]
        return standing.latest(max(others, key=lambda mark: mark.when_us).seq) if others else None


def marked(line: Line) -> Line:
    """An event's line with a mark in the gap behind its number."""
    for index, (text, role) in enumerate(line):
        if index and text:
            gap: Line = [(MARK, "accent"), (text[1:], role)] if text.startswith(" ") else [(text, role)]
            return [*line[:index], *gap, *line[index + 1 :]]
    return line


def beyond(seqs: list[int], seq: int, step: int) -> int | None:
    """The next of ``seqs`` after ``seq``, or with ``step`` -1 before it; beyond the last the first; None of none."""
    if not seqs:
        return None
    index = bisect_right(seqs, seq) if step > 0 else bisect_left(seqs, seq) - 1
    return seqs[index % len(seqs)]
