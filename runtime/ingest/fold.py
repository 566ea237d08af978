"""One file being read: its records folded into events, and what becomes of each record.

A `FileFold` can go on where it stopped when the file has grown (line formats), which is how a file that is being
written is followed without reading it again from the start.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

from runtime.clock import derived_id
from runtime.errors import ImportRefused
from runtime.importers.record import Importer, Made, Reader, Rejected, SessionFacts, Source, Span
from runtime.importers.source import FileSource

Feed = Callable[[bytes], None]


class Folded(NamedTuple):
    """An event with the source its spans are in."""

    made: Made
    source_id: str


class Tally:
    """What became of a file's records so far."""

    __slots__ = ("records", "unknown", "_cited", "_rejected")

    def __init__(self) -> None:
        self.records = 0
        self.unknown: dict[str, int] = {}
        self._cited: dict[str, array[int]] = {}
        """By source, the offsets of records that events in the log cite: a column each, some offsets more than once."""
        self._rejected: dict[tuple[str, int], list[object]] = {}

    def cite(self, source_id: str, offset: int) -> None:
        """An event in the log cites the record at ``offset``."""
        offsets = self._cited.setdefault(source_id, array("q"))
        if not offsets or offsets[-1] != offset:
            offsets.append(offset)

    def reject(self, source_id: str, span: Span, reason: str, member: str) -> None:
        """A record cannot be imported, or not wholly."""
        self._rejected.setdefault((source_id, span.offset), [*span, reason, member])

    @property
    def rejected(self) -> list[list[object]]:
        """``[offset, bytes, line, reason, member path]`` of each record that could not be imported, or not wholly."""
        return list(self._rejected.values())

    @property
    def taken(self) -> int:
        """Records that were wholly imported, now; one of which a part was refused counts as rejected."""
        refused: dict[str, set[int]] = {}
        for source_id, offset in self._rejected:
            refused.setdefault(source_id, set()).add(offset)
        none: set[int] = set()
        return sum(len(set(offsets) - refused.get(key, none)) for key, offsets in self._cited.items())

    @property
    def present(self) -> int:
        """Records that brought nothing new."""
        return self.records - self.taken - len(self._rejected)


class FileFold:
    """Reads one file (or the members of one archive) with one importer."""

    def __init__(self, path: str, importer: Importer, generation: int, *, follow: bool = False) -> None:
        """With ``follow`` the file is being written: a last line without its end waits for it, in a later `read`."""
        self.path, self.importer, self.generation, self._follow = path, importer, generation, follow
        self.source_id = derived_id("src", path, generation)
        self.tally = Tally()
        self.facts: dict[str, SessionFacts] = {}
        self.broken = False
        """It could not be read to its end, or not as one: it does not count as imported."""
        self._reader: Reader | None = None
        self._offset, self._line = 0, 1

    def read(self, limit: int, begin: Callable[[str, str], Feed]) -> Iterator[Folded | None]:
        """Events of what the file holds up to ``limit`` bytes and was not read before; None where a record made none.

        ``begin(source_id, path)`` gives what each source's bytes are fed to as they are read.
        """
        members = getattr(self.importer, "members", None)
        feed = begin(self.source_id, self.path) if members is None else None
        source = FileSource(
            self.path, start=self._offset, line=self._line, limit=limit, saw=feed, hold_back=self._follow
        )
        inner = members(source) if members else None
        if inner is None:
            if feed is None:
                feed = begin(self.source_id, self.path)
                source = FileSource(self.path, limit=limit, saw=feed)
            yield from self._read(source, self.source_id)
            feed(b"")
            if source.whole:
                self._reader = None  # a document is read from its start each time, by a fresh reader
            self._offset, self._line = source.reached
        else:
            yield from self._read_members(inner, begin)

    def _read_members(
        self, members: Iterator[Source | Rejected], begin: Callable[[str, str], Feed]
    ) -> Iterator[Folded | None]:
        for member in members:
            if isinstance(member, Rejected):
                self._reject(member, "", self.source_id, counted=False)
                continue
            self._reader = None
            source_id = derived_id("src", member.path, self.generation)
            feed = begin(source_id, member.path)
            feed(member.bytes())
            yield from self._read(member, source_id)
            feed(b"")

    def _read(self, source: Source, source_id: str) -> Iterator[Folded | None]:
        reader = self._reader
        if reader is None:
            reader = self._reader = self.importer.reader(source)
        known = dict(reader.unknown)
        member = source.path if source_id != self.source_id else ""
        read, tally = reader.read, self.tally
        for record in self.importer.records(source):
            tally.records += 1
            if isinstance(record, Rejected):
                self._reject(record, member, source_id)
                yield None
                continue
            try:
                for made in read(record):
                    if isinstance(made, Rejected):
                        self._reject(made, member, source_id)
                    else:
                        yield Folded(made, source_id)
            except Exception as error:  # whatever an importer stumbles over: the rest must still be imported
                self._reject(Rejected(record.span, _stumbled(error)), member, source_id)
        for made in reader.end():
            yield Folded(made, source_id)
        for kind, count in reader.unknown.items():
            name = f"{self.importer.format}:{kind}"
            tally.unknown[name] = tally.unknown.get(name, 0) + count - known.get(kind, 0)
        self.facts.update(reader.facts)

    def _reject(self, rejected: Rejected, member: str, source_id: str, *, counted: bool = True) -> None:
        self.tally.records += not counted
        self.tally.reject(source_id, rejected.span, rejected.reason, member)

    def readable(self, limit: int, begin: Callable[[str, str], Feed]) -> Iterator[Folded | None]:
        """The same as `read`, up to where the file cannot be read any further: that is told as a rejection."""
        try:
            yield from self.read(limit, begin)
        except (ImportRefused, ValueError, RecursionError) as error:
            self.refuse(error)
        except OSError as error:
            self.broken = True
            self.refuse(ImportRefused(f"cannot be read any further: {error.strerror or error}"))
        except Exception as error:  # whatever an importer stumbles over: other files must still be imported
            self.refuse(ImportRefused(_stumbled(error)))

    def refuse(self, error: Exception) -> None:
        """The file as a whole cannot be read (any further)."""
        self.tally.records += 1
        self.tally.reject("", Span(self.tally.records, 0, self._line), str(error), "")


def _stumbled(error: Exception) -> str:
    """Why a record was not understood, where the importer did not say so itself."""
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    return f"the importer failed on it, please report that: {type(error).__name__}: {error}"
