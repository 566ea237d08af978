"""The list of sessions: one line each, what is live first, then the newest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from workbench.view import glyphs, words
from workbench.view.filter_sessions import NUMBERS
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
    """What words of a filter are looked for in."""
    format: str
    agent: str
    cost_usd: float | None
    """At least; None where nobody knows."""
    cost_is_exact: bool


def session_line(session: Listed, *, writer: bool) -> SessionLine:
    """The line of a session; ``writer`` says whether somebody writes to it now."""
    title = shown(session.title or "") or "untitled"
    mark, role = (glyphs.FOLLOWING, "live") if writer else (glyphs.LOST, "muted") if session.live else (" ", "")
    if session.damage is not None:
        mark, role, title = glyphs.ERROR, "error", f"{title}  {shown(session.damage)}"
    model, format, agent = shown(session.model or ""), shown(session.format or ""), shown(session.agent or "")
    started = session.first_us if session.first_us is not None else session.created_us
    return SessionLine(
        session.session_id, mark, role, title, format or agent, model, started, session.duration_us, session.turns,
        session.events, session.errors, session.tokens, session.haystack, format, agent,
        session.cost_at_least_usd if session.requests else None, session.cost_is_exact,
    )  # fmt: skip


class Order(NamedTuple):
    """By which column, and whether the least comes first."""

    column: str = "started"
    upward: bool = False

    def next(self, cells: int) -> Order:
        """By the next column that is shown in so many cells and can be sorted by."""
        columns = [name for name, _ in _columns(cells) if name in NUMBERS]
        at = columns.index(self.column) + 1 if self.column in columns else 0
        return Order(columns[at % len(columns)])

    @property
    def mark(self) -> str:
        """What stands beside the column's title."""
        return glyphs.UPWARD if self.upward else glyphs.DOWNWARD


NEWEST = Order()


def in_order(lines: Iterable[SessionLine], order: Order = NEWEST) -> list[SessionLine]:
    """By ``order``, what nobody knows last, and the same whatever order they came in. The newest first means that
    those with a writer come before all others."""
    value, sign, live_first = NUMBERS[order.column], 1 if order.upward else -1, order == NEWEST

    def place(line: SessionLine) -> tuple[bool, bool, float, str]:
        number = value(line)
        late = live_first and line.mark != glyphs.FOLLOWING
        return late, number is None, sign * (number or 0), line.session_id

    return sorted(lines, key=place)


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS = (
    ("agent", 14, 92), ("model", 18, 132), ("started", 16, 62), ("took", 6, 92), ("turns", 6, 104), ("events", 9, 44),
    ("errors", 6, 0), ("tokens", 6, 72), ("cost", 7, 112), ("over time", 16, 168),
)  # fmt: skip
"""Name, cells, and the width of screen from which on it is shown."""
_NUMBERS = frozenset({"took", "turns", "events", "errors", "tokens", "cost"})
_GAP = "  "


def _columns(cells: int) -> list[tuple[str, int]]:
    return [(name, size) for name, size, least in _COLUMNS if cells >= least]


def title_cells(cells: int) -> int:
    """Cells that are left for the title."""
    return cells - 2 - sum(size + len(_GAP) for _, size in _columns(cells))


def heading(cells: int, order: Order = NEWEST) -> Line:
    """The titles over the columns; the one that the list is in order of has a mark, before it if it stands right."""
    spans: Line = [("  " + fit("session", title_cells(cells)), "faint")]
    for name, size in _columns(cells):
        right, sorted_by = name in _NUMBERS, name == order.column
        text = (order.mark + name if right else f"{name} {order.mark}") if sorted_by else name
        title = fit(text, size + len(_GAP), right=True) if right else _GAP + fit(text, size)
        spans.append((title, "muted" if sorted_by else "faint"))
    return spans


def cost(line: SessionLine) -> str:
    """``$0.43``, ``$1,204``; with a ``+`` where totals alone do not tell how much more."""
    if line.cost_usd is None:
        return ""
    amount = f"{line.cost_usd:,.2f}" if line.cost_usd < 999.995 else f"{line.cost_usd:,.0f}"
    return f"${amount}{'' if line.cost_is_exact else '+'}"


def shows_density(cells: int) -> bool:
    """Whether there is room for how events lie in time."""
    return cells >= _COLUMNS[-1][2]


def list_line(line: SessionLine, cells: int, shift: int = 0, density: str = "") -> Line:
    """``line`` in exactly ``cells`` cells; ``shift`` slides the title. For ``density`` see `workbench.view.sparks`."""
    shown_as: dict[str, tuple[str, str]] = {
        "agent": (line.origin, "muted"),
        "model": (line.model, "muted"),
        "started": (words.moment(line.started_us), "muted"),
        "took": (words.duration(line.took_us), "muted"),
        "turns": (words.number(line.turns) if line.turns else "", "muted"),
        "events": (words.number(line.events), "text"),
        "errors": (f"{glyphs.ERROR} {line.errors}" if line.errors else "", "error"),
        "tokens": (words.tokens(line.tokens) if line.tokens else "", "muted"),
        "cost": (cost(line), "muted"),
        "over time": (density, "faint"),
    }
    title = line.title if width(line.title) <= shift else line.title[shift:]
    spans: Line = [(line.mark + " ", line.mark_role), (fit(title, title_cells(cells)), "text")]
    for name, size in _columns(cells):
        text, role = shown_as[name]
        spans.append((_GAP + fit(text, size, right=name in _NUMBERS), role))
    return spans
