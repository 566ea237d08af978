"""The list of sessions: one line each, what is live first, then the newest."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.view import glyphs, words
from workbench.view.text import Line, fit, shown, width

if TYPE_CHECKING:
    from runtime.asking.listing import Listed
    from workbench.view.sessions.course import Course

STATES = {
    "live": (glyphs.FOLLOWING, "live"), "waiting": (glyphs.WAITING, "live"), "lost": (glyphs.LOST, "muted"),
    "failed": (glyphs.FAILED, "error"), "ended": (" ", "faint"), "damaged": (glyphs.ERROR, "error"),
}  # fmt: skip
"""What state a session is in, with a glyph and a role for it: written to now; the same, but it waits for somebody; its
writer gone in the middle of a turn; ended by an error; over, as most are; not to be read."""
WRITTEN = frozenset({"live", "waiting"})
HERE = "workbench"


class SessionLine(NamedTuple):
    """What the list knows of a session. Lean: twenty thousand of these are held."""

    session_id: str
    state: str
    """Of `STATES`, as far as its manifest and its writer tell: that it failed, only its rows do (`status`)."""
    title: str
    source: str
    """The tool it was imported from; `HERE` for one that was run here."""
    agent: str
    model: str
    started_us: int | None
    took_us: int | None
    turns: int
    events: int
    errors: int
    tokens: int
    cost_usd: float | None
    """At least; None where nobody knows."""
    cost_is_exact: bool
    parent: str
    """The session it was forked from; empty for nearly all."""
    haystack: str
    """What words of a filter are looked for in."""

    @property
    def mark(self) -> str:
        """The glyph of its state."""
        return STATES[self.state][0]


def session_line(session: Listed, *, writer: bool, waits: bool = False, in_turn: bool | None = None) -> SessionLine:
    """The line of a session; ``writer`` says whether somebody writes to it now, ``waits`` whether it stands still
    meanwhile, ``in_turn`` whether its last turn is still going on."""
    title = shown(session.title or "") or "untitled"
    if session.damage is not None:
        state, title = "damaged", f"{title}  {shown(session.damage)}"
    elif writer:
        state = "waiting" if waits else "live"
    else:
        state = "lost" if session.live and in_turn is not False else "ended"
    started = session.first_us if session.first_us is not None else session.created_us
    return SessionLine(
        session.session_id, state, title, shown(session.format or HERE), shown(session.agent or ""),
        shown(session.model or ""), started, session.duration_us, session.turns, session.events, session.errors,
        session.tokens, session.cost_at_least_usd if session.requests else None, session.cost_is_exact,
        session.parent or "", session.haystack,
    )  # fmt: skip


def status(line: SessionLine, course: Course | None) -> str:
    """The state of a session, its rows considered."""
    return "failed" if course is not None and course.failed and line.state == "ended" else line.state


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Courses = Mapping[str, "Course"]
"""What became of sessions, by id, as far as somebody asked."""

_PLACES = {
    name: SessionLine._fields.index(field)
    for name, field in {
        "session": "title", "source": "source", "agent": "agent", "model": "model", "started": "started_us",
        "took": "took_us", "turns": "turns", "events": "events", "errors": "errors", "tokens": "tokens",
        "cost": "cost_usd",
    }.items()
}  # fmt: skip
_WORDS = frozenset({"session", "source", "agent", "model", "status", "verdict"})
BY_COURSE = frozenset({"status", "idle", "verdict"})
"""Columns that the list can be in order of only when the whole store was asked."""


class Order(NamedTuple):
    """By which column, and whether the least comes first."""

    column: str = "started"
    upward: bool = False

    @staticmethod
    def by_each(cells: int) -> list[Order]:
        """By each column that is shown in so many cells: words from A to Z, of anything else the most first."""
        columns = ["session", *(name for name, _ in columns_in(cells) if name != DENSITY)]
        return [Order(name, name in _WORDS) for name in columns]

    def next(self, cells: int) -> Order:
        """By the next column that is shown in so many cells."""
        orders = self.by_each(cells)
        after = (at for at, order in enumerate(orders, 1) if order.column == self.column)
        return orders[next(after, 0) % len(orders)]

    @property
    def mark(self) -> str:
        """What stands beside the column's title."""
        return glyphs.UPWARD if self.upward else glyphs.DOWNWARD

    def value(self, courses: Courses) -> Callable[[SessionLine], Any]:
        """What the column says of a line; None or empty where nobody knows."""
        if self.column == "status":
            return lambda line: status(line, courses.get(line.session_id))
        if self.column in BY_COURSE:
            at = ("verdict", "idle").index(self.column)
            return lambda line: courses[line.session_id][at] if line.session_id in courses else None
        if self.column in _WORDS:
            place = _PLACES[self.column]
            return lambda line: str(line[place]).lower()
        return itemgetter(_PLACES[self.column])


NEWEST = Order()


def in_order(lines: Iterable[SessionLine], order: Order = NEWEST, courses: Courses | None = None) -> list[SessionLine]:
    """By ``order``, what nobody knows last, and the same whatever order they came in. The newest first means that
    those with a writer come before all others.

    No key is made in Python for each line: twenty thousand are sorted while somebody waits for a frame."""
    base = sorted(lines, key=itemgetter(0))
    value = order.value(courses or {})
    known: list[tuple[Any, SessionLine]] = []
    unknown: list[tuple[Any, SessionLine]] = []
    for line, key in zip(base, map(value, base)):
        (unknown if key is None or key == "" else known).append((key, line))
    known.sort(key=itemgetter(0), reverse=not order.upward)
    found = [line for _, line in known]
    found += [line for _, line in unknown]
    if order != NEWEST:
        return found
    written = [line for line in found if line.state in WRITTEN]
    return [*written, *(line for line in found if line.state not in WRITTEN)] if written else found


def put_in_order(lines: list[SessionLine], news: Iterable[SessionLine], order: Order, courses: Courses) -> None:
    """Put ``news`` where they belong in ``lines``, which are in ``order``: a few, without sorting all the others."""
    if order.column in _WORDS:
        lines[:] = in_order([*lines, *news], order, courses)
        return
    value, sign, live_first = order.value(courses), 1 if order.upward else -1, order == NEWEST

    def place(line: SessionLine) -> tuple[bool, bool, float, str]:
        number = value(line)
        late = live_first and line.state not in WRITTEN
        return late, number is None, sign * (number or 0), line.session_id

    for line in news:
        insort(lines, line, key=place)


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DENSITY = "over time"
_COLUMNS = (
    ("status", 8, 180), ("source", 11, 96), ("agent", 11, 194), ("model", 18, 136), ("started", 16, 62),
    ("took", 6, 84), ("idle", 6, 158), ("turns", 6, 114), ("events", 9, 44), ("errors", 6, 0), ("tokens", 6, 72),
    ("cost", 7, 106), ("verdict", 11, 150), (DENSITY, 16, 172),
)  # fmt: skip
"""Name, cells, and the width of screen from which on it is shown."""
_NUMBERS = frozenset({"took", "idle", "turns", "events", "errors", "tokens", "cost"})
_GAP = "  "


def columns_in(cells: int) -> list[tuple[str, int]]:
    """The columns beside the title that there is room for, with their cells."""
    return [(name, size) for name, size, least in _COLUMNS if cells >= least]


def title_cells(cells: int) -> int:
    """Cells that are left for the title."""
    return cells - 3 - sum(size + len(_GAP) for _, size in columns_in(cells))


def heading(cells: int, order: Order = NEWEST) -> Line:
    """The titles over the columns; the one that the list is in order of has a mark, before it if it stands right."""
    titled = f"session {order.mark}" if order.column == "session" else "session"
    spans: Line = [("   " + fit(titled, title_cells(cells)), "muted" if order.column == "session" else "faint")]
    for name, size in columns_in(cells):
        right, sorted_by = name in _NUMBERS, name == order.column
        text = (order.mark + name if right else f"{name} {order.mark}") if sorted_by else name
        title = fit(text, size + len(_GAP), right=True) if right else _GAP + fit(text, size)
        spans.append((title, "muted" if sorted_by else "faint"))
    return spans


def cost(line: SessionLine) -> str:
    """``$0.43``, ``$1,204``; with a ``+`` where totals alone do not tell how much more."""
    return "" if line.cost_usd is None else dollars(line.cost_usd, line.cost_is_exact)


def dollars(amount: float, is_exact: bool) -> str:
    """An amount as `cost` writes it."""
    return f"${f'{amount:,.2f}' if amount < 999.995 else f'{amount:,.0f}'}{'' if is_exact else '+'}"


class Beside(NamedTuple):
    """What is said of a session beside its own line."""

    selected: bool = False
    branch: str = ""
    """What leads to it from the session it was forked from."""
    folded: int = 0
    """How many forks of it are not shown."""


PLAIN = Beside()


def list_line(
    line: SessionLine, cells: int, shift: int = 0, density: str = "", course: Course | None = None,
    beside: Beside = PLAIN,
) -> Line:  # fmt: skip
    """``line`` in exactly ``cells`` cells; ``shift`` slides the title. ``density`` and ``course`` are what
    `workbench.view.sessions.sparks` knows of it."""
    state = status(line, course)
    mark, role = STATES[state]
    shown_as: dict[str, tuple[str, str]] = {
        "status": (state, role),
        "source": (line.source, "muted"),
        "agent": (line.agent, "muted"),
        "model": (line.model, "muted"),
        "started": (words.moment(line.started_us), "muted"),
        "took": (words.duration(line.took_us), "muted"),
        "idle": (words.duration(course.idle_us if course else None), "faint"),
        "turns": (words.number(line.turns) if line.turns else "", "muted"),
        "events": (words.number(line.events), "text"),
        "errors": (f"{glyphs.ERROR} {line.errors}" if line.errors else "", "error"),
        "tokens": (words.tokens(line.tokens) if line.tokens else "", "muted"),
        "cost": (cost(line), "muted"),
        "verdict": (course.verdict if course else "", "text"),
        DENSITY: (density, "faint"),
    }
    spans: Line = [(mark, role), (glyphs.SELECTED if beside.selected else " ", "accent"), (" ", "")]
    spans += _title(line, title_cells(cells), shift, beside)
    for name, size in columns_in(cells):
        text, role = shown_as[name]
        spans.append((_GAP + fit(text, size, right=name in _NUMBERS), role))
    return spans


def _title(line: SessionLine, cells: int, shift: int, beside: Beside) -> Line:
    """The title, with what leads to it before it and how many forks are folded away behind it."""
    title = line.title if width(line.title) <= shift else line.title[shift:]
    branch = beside.branch[: max(0, cells - 8)]
    behind = f" +{words.count(beside.folded, 'fork')}" if beside.folded else ""
    if len(behind) + len(branch) >= cells:
        behind = ""
    spans: Line = [(branch, "faint")] if branch else []
    room = cells - len(branch) - len(behind)
    if not behind:
        return [*spans, (fit(title, room), "text")]
    size = min(width(title), room)
    return [*spans, (fit(title, size), "text"), (fit(behind, cells - len(branch) - size), "accent")]
