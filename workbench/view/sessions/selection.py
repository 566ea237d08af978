"""Sessions that somebody selected, and what they come to. A filter hides them, and does not unselect them."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.view import glyphs, words
from workbench.view.sessions.listing import SessionLine, dollars
from workbench.view.text import Line


class Selection:
    """Any of the sessions."""

    def __init__(self) -> None:
        self._lines: dict[str, SessionLine] = {}
        self._words: Line | None = None

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._lines

    @property
    def ids(self) -> list[str]:
        """Their ids, in the order in which they were selected."""
        return list(self._lines)

    def toggle(self, line: SessionLine) -> None:
        """Select it, or no longer."""
        if self._lines.pop(line.session_id, None) is None:
            self._lines[line.session_id] = line
        self._words = None

    def toggle_all(self, lines: Iterable[SessionLine]) -> None:
        """Select all of ``lines``; none of them, if all are."""
        shown = {line.session_id: line for line in lines}
        if shown.keys() <= self._lines.keys():
            self._lines = {each: line for each, line in self._lines.items() if each not in shown}
        else:
            self._lines.update(shown)
        self._words = None

    def clear(self) -> None:
        """Select none."""
        self._lines, self._words = {}, None

    def changed(self, lines: Iterable[SessionLine], gone: Iterable[str]) -> None:
        """Some have other totals now, some are gone."""
        if self._lines:
            self._lines.update({line.session_id: line for line in lines if line.session_id in self._lines})
            for session_id in gone:
                self._lines.pop(session_id, None)
            self._words = None

    def words(self) -> Line:
        """``3 selected   $1.40   214k tokens   ✗ 12``; nothing where none is."""
        if self._words is None:
            self._words = self._told() if self._lines else []
        return self._words

    def _told(self) -> Line:
        cost, tokens, errors, exact, known = 0.0, 0, 0, True, False
        for line in self._lines.values():
            tokens += line.tokens
            errors += line.errors
            if line.cost_usd is not None:
                cost, known, exact = cost + line.cost_usd, True, exact and line.cost_is_exact
            elif line.tokens:
                exact = False  # it cost something, and nobody knows what
        told: Line = [(f"{len(self._lines):,} selected", "accent")]
        if known:
            told.append((f"   {dollars(cost, exact)}", "text"))
        if tokens:
            told.append((f"   {words.tokens(tokens)} tokens", "muted"))
        return [*told, (f"   {glyphs.ERROR} {errors:,}", "error")] if errors else told
