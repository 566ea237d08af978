"""Documents as records: walked forward once, each record knowing its session and what it is there.

The parts of a document worth a record are the elements of its long lists (messages, steps) and, beside them, each other
member as it is. Only the document as a whole says to which session a part belongs, so whoever walks it tells the
reader: a `Part` is a record that carries its session, the member or list it comes from, and its index there.

    walk = Walk(data)
    laid = walk.lay_out("messages")          # where everything stands; a list called so, element by element
    yield walk.part(laid.members["info"], "info", session=…, kind="info")

Members that say one thing together (a task's id, trial and seed) are gathered by the reader in a `Gathering` and
become one event that cites them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from runtime.clock import derived_id
from runtime.event import Json
from runtime.importers.lines import parse
from runtime.importers.record import Made, Record, Rejected, SessionFacts, Source, Span
from runtime.importers.spans import Document

Place = tuple[int, int]
"""Where a value starts and ends."""


class Part(Record):
    """A record of a document, and what the document says of it."""

    session: str
    """The native id of the session it belongs to; empty for what belongs to the document as a whole."""
    kind: str
    """The member it is, or the list it is an element of."""
    ordinal: int
    """Its place in that list, from 0."""


class Laid(NamedTuple):
    """Where the members of an object stand."""

    members: dict[str, Place]
    lists: dict[str, list[Place]]
    """Those members that were to be laid out element by element and are lists."""


class Walk(Document):
    """A document walked forward. Raises ValueError where it is not JSON."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.at = self.start

    def pull_members(self) -> Iterator[str]:
        """Each key of the object here, standing before its value; a value the caller leaves is passed."""
        self.at = self._expect("{", self.at)
        first = True
        while self._another(first, "}"):
            first = False
            start = self._skip(self.at)
            end = self._value(start)[1]
            self.at = before = self._skip(self._expect(":", end))
            yield str(parse(self.data[start:end]))
            if self.at == before:
                self.pass_value()

    def pull_elements(self) -> Iterator[int]:
        """Each index of the list here, standing before the element; an element the caller leaves is passed."""
        self.at = self._expect("[", self.at)
        index = 0
        while self._another(index == 0, "]"):
            self.at = before = self._skip(self.at)
            yield index
            if self.at == before:
                self.pass_value()
            index += 1

    def pass_value(self) -> Place:
        """Goes past the value here and says where it stood."""
        start = self._skip(self.at)
        self.at = self._value(start)[1]
        return start, self.at

    def peek(self) -> str:
        """The first character of the value here."""
        return self._peek(self.at)

    def require_whole(self) -> None:
        """Raises ValueError if the value here does not end: a document cut off is told by its end, not by a half."""
        self._value(self._skip(self.at))

    def finish(self) -> None:
        """Raises ValueError if anything but blanks follows."""
        at = self._skip(self.at)
        if at < len(self.text):
            raise ValueError(f"not one JSON document: more follows at byte {at}")

    def lay_out(self, *expanded: str) -> Laid:
        """The object here: where its members stand, those ``expanded`` element by element."""
        members: dict[str, Place] = {}
        lists: dict[str, list[Place]] = {}
        for key in self.pull_members():
            if key in expanded and self.peek() == "[":
                lists[key] = [self.pass_value() for _ in self.pull_elements()]
            else:
                members[key] = self.pass_value()
        return Laid(members, lists)

    def value(self, place: Place | None) -> Any:
        """The value that stands there; None for none, or for one that cannot be parsed."""
        if place is None:
            return None
        try:
            return parse(self.data[place[0] : place[1]])
        except ValueError:
            return None

    def digest(self, *places: Place) -> str:
        """A hash of the bytes that stand there."""
        return derived_id("x", *(self.text[start:end] for start, end in places))[2:]

    def rejected(self, place: Place, reason: str) -> Rejected:
        """What stands there cannot be imported."""
        return Rejected(Span(place[0], place[1] - place[0], self.line(place[0])), reason)

    def part(self, place: Place, name: str, *, session: str, kind: str, ordinal: int = 0) -> Part | Rejected:
        """The value that stands there as a record called ``name``."""
        found = self.record(*place, name)
        if isinstance(found, Rejected):
            return found
        made = Part(*found)
        made.session, made.kind, made.ordinal = session, kind, ordinal
        return made

    def _another(self, first: bool, end: str) -> bool:
        at = self._skip(self.at)
        if self.text[at : at + 1] == end:
            self.at = at + 1
            return False
        self.at = at if first else self._expect(",", at)
        return True


def parts_of(source: Source, parts: Callable[[Walk], Iterator[Part | Rejected]]) -> Iterator[Part | Rejected]:
    """The ``parts`` of a source that is one document; a document that is not whole is held back as a whole."""
    data = source.bytes()
    try:
        yield from parts(Walk(data))
    except ValueError as error:
        yield Rejected(Span(0, len(data), 1), f"held back until the document is whole: {error}", pending=True)


class Gathering:
    """Members that become one event together."""

    def __init__(self) -> None:
        self.values: Json = {}
        self.spans: dict[str, Span] = {}

    def add(self, part: Part) -> None:
        """Takes ``part`` in."""
        self.values[part.kind] = part.value
        self.spans[part.kind] = part.span

    def take(self) -> tuple[Json, tuple[Span, ...]]:
        """What was gathered; leaves nothing behind."""
        taken = self.values, tuple(self.spans.values())
        self.values, self.spans = {}, {}
        return taken


class PartReader:
    """What the readers of documents share: one session after the other, each opened, read and closed."""

    format: str

    def __init__(self) -> None:
        self.facts: dict[str, SessionFacts] = {}
        self.unknown: Counter[str] = Counter()
        self.session: str | None = None

    def read(self, record: Record) -> Iterable[Made | Rejected]:
        """See `Reader.read`."""
        if not isinstance(record, Part):
            return [Rejected(record.span, f"not a record of a {self.format} document")]
        made: list[Made | Rejected] = []
        if record.session and record.session != self.session:
            made += self.end()
            self.session = record.session
            self.facts.setdefault(self.session, SessionFacts())
            self.open()
        made += self.take(record)
        return made

    def end(self) -> Iterable[Made]:
        """See `Reader.end`."""
        return self.close() if self.session is not None else []

    def open(self) -> None:
        """A session begins: `session` is its native id."""
        raise NotImplementedError

    def take(self, part: Part) -> Iterable[Made | Rejected]:
        """What ``part`` turns into."""
        raise NotImplementedError

    def close(self) -> Iterable[Made]:
        """What is still due of the session."""
        raise NotImplementedError


MAX_DEPTH = 60
_SECRET = ("api_key", "apikey", "secret", "password", "authorization", "_token", "access_key", "access_key_id")


def bare(value: Any, leave: Callable[[str], bool] | None = None, depth: int = 0) -> Any:
    """``value`` without the members that say nothing (null), that hold credentials, or that are to be left out."""
    if depth > MAX_DEPTH and isinstance(value, (dict, list)):
        return f"[nested more than {MAX_DEPTH} deep]"
    if isinstance(value, list):
        return [bare(item, leave, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: bare(item, leave, depth + 1)
        for key, item in value.items()
        if item is not None
        and not (isinstance(item, str) and key.lower().endswith(_SECRET))
        and not (leave is not None and leave(key))
    }


def named_after(path: str, ending: str) -> str | None:
    """What a file is named after, in a format that names files so; None if it does not end so."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.removesuffix(ending) or None if name.endswith(ending) else None


def mapping(value: Any) -> Json:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def short(value: Any, limit: int = 200) -> bool:
    """Whether ``value`` is a scalar small enough for a column of facts."""
    return isinstance(value, (bool, int, float)) or isinstance(value, str) and len(value) <= limit
