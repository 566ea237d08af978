"""The list of sessions: one line each, what is live first, then the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from workbench.view import glyphs, words
from workbench.view.text import Line, fit, shown, width

if TYPE_CHECKING:
    from runtime.asking.listing import Listed


class SessionLine(NamedTuple):
    """What the list knows of a session. Lean: twenty thousand of these are held."""

    session_id: str
    mark: str
    mark_role: str
    title: str
    origin: str
    """Its agent; for an import, the format it came in."""
    model: str
    started_us: int | None
    took_us: int | None
    turns: int
    events: int
    errors: int
    tokens: int
    haystack: str
    """What a filter looks in."""


def session_line(session: Listed, *, writer: bool) -> SessionLine:
    """The line of a session; ``writer`` says whether somebody writes to it now."""
    title = shown(session.title or "") or "untitled"
    mark, role = (glyphs.FOLLOWING, "live") if writer else (glyphs.LOST, "muted") if session.live else (" ", "")
    if session.damage is not None:
        mark, role, title = glyphs.ERROR, "error", f"{title}  {shown(session.damage)}"
    origin, model = shown(session.format or session.agent or ""), shown(session.model or "")
    started = session.first_us if session.first_us is not None else session.created_us
    return SessionLine(
        session.session_id, mark, role, title, origin, model, started, session.duration_us, session.turns,
        session.events, session.errors, session.tokens, session.haystack,
    )  # fmt: skip


def in_order(lines: Iterable[SessionLine]) -> list[SessionLine]:
    """Those with a writer first, then the newest; the same order whatever order they came in."""
    return sorted(lines, key=lambda line: (line.mark != glyphs.FOLLOWING, -(line.started_us or 0), line.session_id))


def filtered(lines: Sequence[SessionLine], text: str) -> list[SessionLine]:
    """The lines in which every word of ``text`` occurs, in any case of letters."""
    wanted = text.lower().split()
    return [line for line in lines if all(word in line.haystack for word in wanted)] if wanted else list(lines)


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS = (
    ("agent", 14, 92), ("model", 18, 132), ("started", 16, 62), ("took", 6, 92), ("turns", 6, 104), ("events", 9, 44),
    ("errors", 6, 0), ("tokens", 6, 72),
)  # fmt: skip
"""Name, cells, and the width of screen from which on it is shown."""
_NUMBERS = frozenset({"took", "turns", "events", "errors", "tokens"})
_GAP = "  "


def _columns(cells: int) -> list[tuple[str, int]]:
    return [(name, size) for name, size, least in _COLUMNS if cells >= least]


def title_cells(cells: int) -> int:
    """Cells that are left for the title."""
    return cells - 2 - sum(size + len(_GAP) for _, size in _columns(cells))


def heading(cells: int) -> Line:
    """The titles over the columns."""
    cut = [_GAP + fit(name, size, right=name in _NUMBERS) for name, size in _columns(cells)]
    return [("  " + fit("session", title_cells(cells)) + "".join(cut), "faint")]


def list_line(line: SessionLine, cells: int, shift: int = 0) -> Line:
    """``line`` in exactly ``cells`` cells; ``shift`` slides the title."""
    shown_as: dict[str, tuple[str, str]] = {
        "agent": (line.origin, "muted"),
        "model": (line.model, "muted"),
        "started": (words.moment(line.started_us), "muted"),
        "took": (words.duration(line.took_us), "muted"),
        "turns": (words.number(line.turns) if line.turns else "", "muted"),
        "events": (words.number(line.events), "text"),
        "errors": (f"{glyphs.ERROR} {line.errors}" if line.errors else "", "error"),
        "tokens": (words.tokens(line.tokens) if line.tokens else "", "muted"),
    }
    title = line.title if width(line.title) <= shift else line.title[shift:]
    spans: Line = [(line.mark + " ", line.mark_role), (fit(title, title_cells(cells)), "text")]
    for name, size in _columns(cells):
        text, role = shown_as[name]
        spans.append((_GAP + fit(text, size, right=name in _NUMBERS), role))
    return spans
