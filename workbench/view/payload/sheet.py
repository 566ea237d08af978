"""One event as it is read: its payload for people (Pretty) or as it is stored (Raw), made once and kept with it."""

from __future__ import annotations

from functools import cached_property

from runtime.event import Json, Row, decode
from runtime.reader import LogReader
from runtime.segment import Entry
from workbench.view.payload import counterparts
from workbench.view.payload.fold import Raw
from workbench.view.payload.raw import SHOWN_BYTES, first_hit, marked
from workbench.view.pretty.event import pretty_lines
from workbench.view.pretty.picture import Picture
from workbench.view.pretty.subject import Subject
from workbench.view.text import Line, line_text

PRETTY, RAW = "Pretty", "Raw"
PARSED_BYTES = 8 * 1024 * 1024
"""Beyond, a payload is shown raw: to parse it would keep the keys waiting."""
WHOLE_CHARACTERS = PARSED_BYTES
"""So much of it is written out where somebody takes it elsewhere."""


class Sheet:
    """An event, its counterpart, and how both tabs show it."""

    def __init__(self, row: Row, entry: Entry, counterpart: Row | None = None, call: Json | None = None) -> None:
        self.row, self.entry, self.counterpart = row, entry, counterpart
        self.subject = _subject(row, entry, counterpart, call)
        self._lines: dict[str, list[Line]] = {}
        self.pictures: dict[str, Picture] = {}
        """By name, the images that Pretty speaks of and that could be shown."""

    @property
    def seq(self) -> int:
        """Where it is in the log."""
        return self.row.seq

    def lines(self, tab: str) -> list[Line]:
        """What a tab shows."""
        if tab not in self._lines:
            self._lines[tab] = self._pretty() if tab == PRETTY else self.raw.lines
        return self._lines[tab]

    @cached_property
    def raw(self) -> Raw:
        """What is stored, as far as it was read."""
        return Raw(self.entry.payload, self.entry.extra)

    def take(self, lines: list[Line]) -> None:
        """Have the next part of what is stored, too."""
        self.raw.take(lines)
        self._lines[RAW] = self.raw.lines

    def _pretty(self) -> list[Line]:
        if self.subject is None:
            return self.lines(RAW)
        return pretty_lines(self.subject, SHOWN_BYTES, self.pictures)

    def tab_for(self, tab: str, needle: str) -> str:
        """``tab``; but Raw where what is searched for stands only there, or where there is nothing else."""
        if tab == PRETTY and needle and not self.has(PRETTY, needle) and self.has(RAW, needle):
            return RAW
        return tab if self.subject is not None else RAW

    def has(self, tab: str, needle: str) -> bool:
        """Whether ``needle`` is in what a tab shows."""
        return first_hit(marked(self.lines(tab), needle)) is not None

    def whole_text(self) -> str:
        """Everything that Pretty would show of it, were there room."""
        assert self.subject is not None, "an event without a Pretty side has no text"
        return "".join(line_text(line).rstrip() + "\n" for line in pretty_lines(self.subject, WHOLE_CHARACTERS))


def _subject(row: Row, entry: Entry, counterpart: Row | None, call: Json | None) -> Subject | None:
    """What is known of it, if its payload can be parsed in no time."""
    if len(entry.payload) > PARSED_BYTES or len(entry.extra) > PARSED_BYTES:
        return None
    try:
        payload, extra = decode(entry.payload), decode(entry.extra) if entry.extra else {}
    except ValueError:
        return None
    if not isinstance(payload, dict) or not isinstance(extra, dict):
        return None
    return Subject(row, payload, extra, counterpart, call)


def read_sheet(reader: LogReader, seq: int, counterpart: Row | None = None) -> Sheet:
    """The sheet of event ``seq``; with its counterpart, if that is given or near."""
    row, entry = reader.rows(seq, seq + 1)[0], reader.entry(seq)
    found = counterpart if counterpart is not None else counterparts.near(reader, row)
    return Sheet(row, entry, found, _call(reader, row, found))


def _call(reader: LogReader, row: Row, use: Row | None) -> Json | None:
    """What the tool was given whose result ``row`` is."""
    if use is None or not row.type.endswith("tool_result") or use.payload_bytes > SHOWN_BYTES:
        return None
    try:
        given = decode(reader.payload(use.seq)).get("input")
    except (ValueError, AttributeError):
        return None
    return given if isinstance(given, dict) else None
