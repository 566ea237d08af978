"""What travels of a session: its header, its events with their chain, the blobs they name, the records they cite."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from runtime.errors import Corrupt, WorkbenchError
from runtime.event import Json, decode
from runtime.reader import LogReader
from runtime.schema import SCHEMA_VERSION
from runtime.segment import Entry, genesis, link
from runtime.sources.archive import SourceArchive
from runtime.store import Store
from runtime.verify import named_blobs, verify

PIECE_BYTES = 1024 * 1024
"""So much of a source travels in one piece at most."""
HEADER_FIELDS = ("session_id", "created_us", "title", "source", "agent", "environment", "about", "parent")
"""What a header takes over from the manifest."""


class Head(NamedTuple):
    """Where a session begins: what its manifest says, how many events follow, and the chain after the last."""

    place: int
    """Line, or row: from 1."""
    header: Json
    """`HEADER_FIELDS`, ``events``, ``chain``; of a shared session also ``seq`` and ``masked``."""


class Stored(NamedTuple):
    """An event."""

    place: int
    entry: Entry


class Blob(NamedTuple):
    """A blob that an event names."""

    place: int
    name: str
    data: bytes


class Record(NamedTuple):
    """Bytes of a source that an event cites."""

    place: int
    source_id: str
    path: str
    offset: int
    data: bytes


class End(NamedTuple):
    """Where a session ends: everything that was written is there."""

    place: int
    session_id: str
    missing: list[str]
    """Sources that could not be read when this was written: their records are not to be kept."""


Item = Head | Stored | Blob | Record | End


class Contents:
    """One session about to be written out. `entries` must be read to its end before what they refer to is known."""

    def __init__(self, store: Store, archive: SourceArchive, reader: LogReader) -> None:
        self.session_id, self._store, self._archive, self._reader = reader.session_id, store, archive, reader
        self.cited: dict[str, Ranges] = {}
        """By source, where the records stand that events cite."""
        self.blobs: dict[str, None] = {}
        """Names of blobs, in the order in which events name them."""
        self.missing: list[str] = []

    def header(self, kind: str = "session") -> Json:
        """What `Head` says."""
        manifest = self._reader.manifest
        fields = {name: getattr(manifest, name) for name in HEADER_FIELDS}
        return {
            "workbench": kind, "schema": SCHEMA_VERSION, **fields,
            "events": self._reader.count, "chain": self._end().hex(),
        }  # fmt: skip

    def _end(self) -> bytes:
        """The chain after the last event, as the log says it."""
        for tail in reversed(self._reader.tails):
            if tail.rows:
                return tail.chain
        sealed = self._reader.segments
        return bytes.fromhex(sealed[-1].chain) if sealed else genesis(self.session_id)

    def entries(self) -> Iterator[Entry]:
        """Every event with its chain, which is computed anew: what is damaged does not travel. Raises `Corrupt`."""
        chain = genesis(self.session_id)
        for entry in self._reader.entries(0, self._reader.count):
            chain = link(chain, entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra)
            yield entry._replace(chain=chain)
        if chain != self._end():
            verify(self._reader)  # names the event
            raise Corrupt(self.session_id, None, "its log", "the chain does not end as the manifest says")

    def refers(self, entry: Entry) -> tuple[list[str], list[tuple[str, int, int]]]:
        """What ``entry`` refers to and no event before it did: blobs by name, records as source, offset, bytes."""
        if b'"source"' not in entry.extra and b'"blob"' not in entry.extra:
            return [], []
        extra = decode(entry.extra)
        blobs = [name for name in dict.fromkeys(named_blobs(extra)) if name not in self.blobs]
        self.blobs.update(dict.fromkeys(blobs))
        records = []
        for source_id, offset, length in citations(extra):
            for start, stop in self.cited.setdefault(source_id, Ranges()).add(offset, offset + length):
                records.append((source_id, start, stop - start))
        return blobs, records

    def blob(self, name: str) -> bytes:
        """The blob of that name."""
        try:
            return self._store.blobs.get(name)
        except FileNotFoundError:
            path = self._store.blobs.path(name)
            raise Corrupt(self.session_id, None, str(path), "the blob is missing") from None

    def path(self, source_id: str) -> str:
        """What the source was called where it came from."""
        try:
            return str(self._archive.describe(source_id, self.session_id)["path"])
        except WorkbenchError:
            return ""

    def record(self, source_id: str, offset: int, length: int) -> bytes | None:
        """Bytes of a source; None, and the source is noted as missing, where they cannot be read."""
        if source_id in self.missing:
            return None
        try:
            return self._archive.record(source_id, offset, length, self.session_id)
        except WorkbenchError:
            self.missing.append(source_id)
            return None


def citations(extra: Json) -> Iterator[tuple[str, int, int]]:
    """``(source, offset, bytes)`` of each record that an extra cites; what is no citation is passed over."""
    cited = extra.get("source")
    for item in cited if isinstance(cited, list) else ():
        if isinstance(item, list) and len(item) >= 3:
            source_id, offset, length = item[:3]
            if isinstance(source_id, str) and _is_size(offset) and _is_size(length):
                yield source_id, offset, length


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


class Ranges:
    """Runs of bytes, apart from each other and in order; added up as they come.

    A gap of one byte is filled: that is the line end between two records.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._stops)

    def add(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Take in ``start`` up to ``stop``; the parts that were not there yet."""
        if start >= stop:
            return []
        low, high = bisect_left(self._stops, start - 1), bisect_right(self._starts, stop + 1)
        if low < high:
            start, stop = min(start, self._stops[low]), max(stop, self._starts[high - 1])
        fresh, at = [], start
        for index in range(low, high):
            if at < self._starts[index]:
                fresh.append((at, self._starts[index]))
            at = max(at, self._stops[index])
        if at < stop:
            fresh.append((at, stop))
        self._starts[low:high] = [min([start, *self._starts[low:high]])]
        self._stops[low:high] = [max([stop, *self._stops[low:high]])]
        return fresh

    def pieces(self, limit: int = PIECE_BYTES) -> Iterator[list[tuple[int, int]]]:
        """All of it as ``(offset, bytes)``, in batches of at most ``limit`` bytes."""
        batch: list[tuple[int, int]] = []
        held = 0
        for start, stop in self:
            while start < stop:
                size = min(stop - start, limit - held)
                batch.append((start, size))
                start, held = start + size, held + size
                if held == limit:
                    yield batch
                    batch, held = [], 0
        if batch:
            yield batch
