"""An event as one line of a list: seq, time, thread, glyph, name, summary, tokens, duration.

The columns stand still; only the summary slides when somebody looks further to the right (``shift``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runtime.event import Row
from workbench.view import words
from workbench.view.glyphs import glyph
from workbench.view.text import Line, cut, fit, shown, width

TIME_CELLS, NAME_CELLS, THREAD_CELLS, DURATION_CELLS = 9, 12, 12, 6
WIDE_FROM_US = 10 * words.HOUR_US
"""From here on times have two digits of hours."""

_NAMES = {
    "user.message": "user",
    "user.define_outcome": "outcome",
    "user.tool_confirmation": "confirmation",
    "system.message": "system",
    "agent.message": "agent",
    "agent.thread_message_sent": "sent",
    "agent.thread_message_received": "received",
    "agent.thread_context_compacted": "compacted",
    "span.model_request_start": "request",
    "span.model_request_end": "request",
    "span.outcome_evaluation_start": "evaluation",
    "span.outcome_evaluation_ongoing": "evaluation",
    "span.outcome_evaluation_end": "evaluation",
    "session.status_running": "running",
    "session.status_idle": "idle",
    "session.thread_created": "thread",
    "session.thread_status_running": "running",
    "session.thread_status_idle": "idle",
}
_SAID_BY_NAME = frozenset({
    "session.status_idle", "session.thread_created", "session.thread_status_running", "session.thread_status_idle",
    "session.thread_status_terminated", "user.tool_confirmation",
})  # fmt: skip
"""Types whose row says all there is to say in its name."""
_SILENT = frozenset({"session.status_running", "span.model_request_start", "agent.thread_context_compacted"})


class Times(StrEnum):
    """What the times of a list say, in the order in which a key goes through it; and what stands over them."""

    BEGINNING = "time"
    CLOCK = "clock"
    BEFORE = "after"

    @property
    def after(self) -> Times:
        """The next."""
        every = list(Times)
        return every[(every.index(self) + 1) % len(every)]

    @property
    def words(self) -> str:
        """What they say."""
        return {"time": "since the session began", "clock": "of the clock"}.get(self, "since the line before")


@dataclass(slots=True)
class Layout:
    """How wide the columns of one list are, and whom its threads are called after."""

    cells: int
    count: int
    """How many events there may be: the widest seq."""
    start_us: int | None = None
    threads: Mapping[str, str] = field(default_factory=dict)
    """By thread id. Threads are shown as soon as there are two."""
    shift: int = 0
    end_us: int | None = None
    """The last moment there may be: the widest time."""
    times: Times = Times.BEGINNING

    @property
    def seq_cells(self) -> int:
        """Cells of the seq column."""
        return max(4, len(words.number(max(0, self.count - 1))))

    @property
    def thread_cells(self) -> int:
        """Cells of the thread column, its gap included; 0 where there is nothing to tell apart."""
        return THREAD_CELLS if len(self.threads) > 1 and self.cells >= 60 else 0

    @property
    def time_cells(self) -> int:
        """Cells of the time column, the gap before it included; a very narrow list does without."""
        if self.cells < 44:
            return 0
        return TIME_CELLS if self.took_us < WIDE_FROM_US else TIME_CELLS + 1

    @property
    def took_us(self) -> int:
        """How long all of it took."""
        return 0 if self.start_us is None or self.end_us is None else self.end_us - self.start_us

    def time(self, row: Row, before_us: int | None) -> str:
        """When the event was, the line before it being of ``before_us``."""
        match self.times:
            case Times.CLOCK:
                return words.clock(row.time_us, days=self.took_us > words.DAY_US)
            case Times.BEFORE:
                return words.after(row.time_us, before_us)
        return words.since(row.time_us, self.start_us)

    def summary_start(self) -> int:
        """The cell in which summaries begin."""
        return self.seq_cells + self.time_cells + 2 + self.thread_cells + 2 + NAME_CELLS + 1


def heading(layout: Layout) -> Line:
    """The titles over the columns."""
    left = fit("seq", layout.seq_cells, right=True) + fit(layout.times, layout.time_cells, right=True) + "  "
    if layout.thread_cells:
        left += fit("thread", layout.thread_cells)
    left += f"  {fit('event', NAME_CELLS)} "
    right = "tokens" + fit("took", DURATION_CELLS + 1, right=True) if layout.cells >= 60 else ""
    return [(fit(left, layout.cells - width(right)) + right, "faint")]


def name_of(row: Row) -> str:
    """What the event is called in a list: its tool, or its type without the domain."""
    if row.type.endswith(("tool_use", "tool_result")) and row.name:
        return shown(row.name)
    return _NAMES.get(row.type) or shown(row.type.rpartition(".")[2] or row.type)


def summary_of(row: Row) -> str:
    """What the event is about, in a list."""
    return shown(_about(row))


def _about(row: Row) -> str:
    if row.type in _SILENT:
        return ""
    if row.type in _SAID_BY_NAME:
        return row.name or ""
    if row.type == "span.model_request_end":
        return row.model or ""
    if row.name and row.type in ("session.error", "span.outcome_evaluation_end"):
        return f"{row.name}  {row.summary}"
    return row.summary


def tokens_of(row: Row) -> str:
    """``12.4k→310`` where the event is the end of a model request."""
    if row.type != "span.model_request_end" or row.input_tokens is None or row.is_error:
        return ""
    read, write = row.cache_read_tokens or 0, row.cache_write_tokens or 0
    return f"{words.tokens(row.input_tokens + read + write)}→{words.tokens(row.output_tokens or 0)}"


def thread_name(row: Row, threads: Mapping[str, str]) -> str:
    """What the event's thread is called; the end of its id where nobody named it."""
    return threads.get(row.thread_id) or shown(row.thread_id[-6:])


def event_line(row: Row, layout: Layout, before_us: int | None = None) -> Line:
    """``row`` as a line of exactly ``layout.cells`` cells; the line before it is of ``before_us``."""
    mark, role = glyph(row)
    time = fit(layout.time(row, before_us), layout.time_cells, right=True)
    line: Line = [(fit(words.number(row.seq), layout.seq_cells, right=True), "faint"), (time, "muted"), ("  ", "")]
    if layout.thread_cells:
        line.append((fit(thread_name(row, layout.threads), layout.thread_cells - 1) + " ", "muted"))
    line += [(mark + " ", role), (fit(name_of(row), NAME_CELLS) + " ", role)]
    room = layout.cells - layout.summary_start()
    right = _right(row) if layout.cells >= 48 else ""
    room -= width(right) + (1 if right else 0)
    if room <= 0:
        return line
    summary = summary_of(row)
    text = fit(cut(summary, layout.shift, room + 1) if layout.shift else summary, room)
    line.append((text, _summary_role(row, role)))
    if right:
        line.append((" " + right, "muted"))
    return line


def _right(row: Row) -> str:
    used, took = tokens_of(row), words.duration(row.duration_us)
    if not used and not took:
        return ""
    return used + fit(took, DURATION_CELLS + 1 if used else DURATION_CELLS, right=True)


def _summary_role(row: Row, role: str) -> str:
    """Words of people and agents stand out, and what is trouble; everything else steps back."""
    if row.type in ("user.message", "agent.message"):
        return "strong" if role == "user" else "text"
    return "text" if row.is_error or row.type.endswith("tool_use") else "muted"
