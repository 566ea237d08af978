"""The words importers speak: records in, events out, and the protocol between them and `runtime.ingest.driver`.

A *source* is a file (or one member of an archive). It holds *records*: the lines of a JSONL file, the elements of a
document's lists. An importer's `Reader` is a fold over records: what it makes of a record may depend on the records
before it, never on those after it nor on where the bytes were cut. That is why importing a file in one go and in any
chopping gives the same events.

    ingest ──Source──▶ Importer.records ──Record──▶ Reader.read ──Made──▶ ingest ──Draft──▶ the log

Each record has one disposition: *cited* by the events made of it, *already present*, or *rejected* with a reason. A
reader therefore makes at least one event of every record (an ``import.<format>.<kind>`` event where the API has no
counterpart), or raises or yields `Rejected`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from runtime.clock import derived_id, iso
from runtime.event import Json


class Span(NamedTuple):
    """Where a record's bytes stand in its source."""

    offset: int
    """Bytes from the start of the source."""
    length: int
    """Bytes of the record, line end excluded."""
    line: int
    """From 1; in a document, the line on which the record begins."""


class Record(NamedTuple):
    """One record: its place, its bytes, and its parsed value."""

    span: Span
    raw: bytes
    value: Any
    place: str = ""
    """Where in a document, e.g. ``simulations[3].messages[7]``; empty for a line."""


class Rejected(NamedTuple):
    """A record that cannot be imported, and why, in words a user understands."""

    span: Span
    reason: str
    pending: bool = False
    """The record is still being written; it is held back until it is complete, and not counted as consumed."""


class Made(NamedTuple):
    """An event that a reader made of one or more records."""

    session: str
    """The native id of the session it belongs to."""
    payload: Json
    """The event; ``id`` and ``type`` are in it, and ``processed_at`` where the time is known."""
    thread: str
    """Empty for the session's primary thread, else the native id of the subagent whose thread this is."""
    time_us: int | None
    extra: Mapping[str, Any]
    """See `runtime.event.Extra`; ``source`` is filled in by ingest from ``cites``."""
    cites: tuple[Span, ...]
    """The records this event was made of, the present one usually."""
    raw: bytes | None = None
    """The payload's bytes as the source has them, where it already speaks the API; never with a line end in them."""


@dataclass(slots=True)
class SessionFacts:
    """What a reader learned about a session as a whole; later facts overwrite earlier ones."""

    title: str | None = None
    """One line; the first words of the first prompt where the source has no title of its own."""
    model: str | None = None
    """The model that did most of the work, or the only one known."""
    agent: Json = field(default_factory=dict)
    """What is known of the agent: name, version, tools, system prompt's digest, …"""
    about: Json = field(default_factory=dict)
    """What is known of the rest: cwd, git branch, task id, reward, exit status, benchmark, …"""
    continues: str | None = None
    """The native id of the session whose history this one took over."""

    def add(self, later: SessionFacts) -> None:
        """Take over what ``later`` knows; what it does not know stays as it is."""
        self.title = later.title or self.title
        self.model = later.model or self.model
        self.continues = later.continues or self.continues
        self.agent = {**self.agent, **later.agent}
        self.about = {**self.about, **later.about}


class Sample(NamedTuple):
    """What detection may look at."""

    path: str
    head: bytes
    """The first 64 KiB, or the whole source if it is shorter."""
    first: Any
    """The first line parsed as JSON, if the source starts with a line that is JSON; else None."""

    def has(self, *needles: bytes) -> bool:
        """Whether all ``needles`` occur in the head."""
        return all(needle in self.head for needle in needles)


class Source(Protocol):
    """Bytes to import, read in order."""

    path: str
    """A label: the file's path, or ``archive.eval!samples/1.json`` for a member."""

    def lines(self) -> Iterator[tuple[Span, bytes, bool]]:
        """Each line: its place, its bytes without the line end, and whether it had a line end (the last may not).

        A line over `lines.MAX_LINE_BYTES` comes with its place and empty bytes."""

    def bytes(self) -> bytes:
        """The whole source at once (documents only; bounded by `ingest.MAX_DOCUMENT_BYTES`)."""


class Reader(Protocol):
    """One source being read: a fold over its records."""

    facts: dict[str, SessionFacts]
    """By native session id."""
    unknown: Counter[str]
    """Record types this importer has no name for, with counts. Their records are kept as ``import.*`` events."""

    def read(self, record: Record) -> Iterable[Made | Rejected]:
        """What this record turns into. Never raises on odd values: what cannot be understood is kept or rejected."""

    def end(self) -> Iterable[Made]:
        """What is due at the end of what there is so far. If more records come, they may make the same ids anew."""


class Importer(Protocol):
    """One transcript format."""

    format: str
    """Its name on the command line, e.g. ``claude_code``."""

    def recognises(self, sample: Sample) -> bool:
        """Whether the source is of this format, judged by content. Cheap; never raises."""

    def records(self, source: Source) -> Iterator[Record | Rejected]:
        """The source's records in order."""

    def reader(self, source: Source) -> Reader:
        """A fresh fold for one source."""


def session_id_of(format: str, native_id: str) -> str:
    """A session's identity: a hash of its format and native id."""
    return derived_id("sesn", format, native_id)


def thread_id_of(format: str, native_id: str, thread: str) -> str:
    """A thread's identity: of the session and of the subagent's native id (empty: the primary thread).

    A thread that has an id of the API keeps it, so that what payloads say of it agrees with where its events are.
    """
    if thread.startswith("sthr_") and thread.isascii():
        return thread
    return derived_id("sthr", format, native_id, thread)


def event_id(*key: str | int) -> str:
    """An event's identity: a function of its record's native id (or content hash, occurrence) and its place in it."""
    return derived_id("sevt", *key)


def stamped(payload: Json, time_us: int | None) -> Json:
    """``payload`` with ``processed_at`` set, as every processed event of the API has it."""
    if time_us is not None:
        payload["processed_at"] = iso(time_us)
    return payload
