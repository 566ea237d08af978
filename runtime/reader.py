"""Reading one session's log: windows of rows, one payload, what is new. Readers take no lock and never fail a writer.

A reader holds the rows of at most a few segments at a time, so its memory does not grow with the session; the rows of a
segment that is still open are held as they are read, and let go when it is sealed.

What a reader looks at may be sealed, packed or woken under it. Files that no longer count stay for an hour; a reader
that comes later still finds one missing, looks again where the session is now, and goes on.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from runtime.errors import Corrupt, SessionNotFound
from runtime.event import Json, Row, decode
from runtime.manifest import FILE_NAME, Manifest, Segment
from runtime.pack import PackReader
from runtime.schema import ROWS
from runtime.sealed import PayloadFile, RowsFile, characters, entries_of, plain, read_rows
from runtime.segment import ROW_GROUP, Entry, rows_table
from runtime.tail import OpenTail

KEPT_BLOCKS = 24
"""How many blocks of rows, of a row group each, a reader keeps decoded: about 4 MB each."""
KEPT_FILES = 16
"""How many files of either kind a reader keeps open; of one payload file it holds a row group."""

Stamp = tuple[int, int, int, int]
T = TypeVar("T")


class LogReader:
    """A window on one session's log. ``rows`` and ``payload`` see what was there at the last ``poll`` or at opening."""

    def __init__(self, folder: Path, manifest: Manifest | None = None, *, packs: Path | None = None) -> None:
        """Read the session in ``folder``; a packed one has no folder of its own and comes with its ``manifest``."""
        self.folder = folder
        self.packs = packs if packs is not None else folder.parent.parent / "packs"
        self._stamp: Stamp | None = None
        self._home: tuple[int, int | None] | None = None
        self._sealed: list[Segment] = []
        self._firsts: list[int] = []
        self._tables: OrderedDict[str, pa.Table] = OrderedDict()
        self._rows_files: OrderedDict[Path, RowsFile] = OrderedDict()
        self._payload_files: OrderedDict[Path, PayloadFile] = OrderedDict()
        self._read_last: PayloadFile | None = None
        """The only one of them that holds a row group."""
        self._open: list[OpenTail] = []
        if manifest is None:
            manifest = self._load()
        else:
            self._stamp = self._stamp_now()
        self._manifest = manifest
        self.session_id = manifest.session_id
        self._arrange()
        self._read_tails()

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def manifest(self) -> Manifest:
        """The manifest as last loaded."""
        return self._manifest

    @property
    def count(self) -> int:
        """Rows known: seqs run from 0 to ``count - 1``."""
        if self._open:
            return self._open[-1].stop
        return self._sealed[-1].stop if self._sealed else 0

    def poll(self) -> int:
        """Take in what was appended since; the new count. Cheap when nothing happened (two system calls)."""
        if self._stamp_now() != self._stamp:
            self._reload()
        self._read_tails()
        return self.count

    def _stamp_now(self) -> Stamp | None:
        """What tells one manifest of the folder from the next; None where there is none (any more)."""
        try:
            status = os.stat(self.folder / FILE_NAME)
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size, status.st_ctime_ns

    def _load(self) -> Manifest:
        """The manifest as it is now, in the folder or in a pack."""
        self._stamp, self._home = self._stamp_now(), None
        if self._stamp is not None:
            try:
                manifest = Manifest.load(self.folder)
                self._home = os.stat(self.folder).st_ino, manifest.created_us
                return manifest
            except FileNotFoundError:
                self._stamp = self._home = None
        packs = PackReader(self.packs)
        pack = packs.find(self.folder.name)
        if pack is None:
            raise SessionNotFound(f"there is no session {self.folder.name} (any more).")
        return packs.manifest(self.folder.name, pack)

    def _reload(self) -> bool:
        """See where the session is kept now; False if it is gone. What was deleted stays as readable as it is."""
        home = self._home
        try:
            manifest = self._load()
        except SessionNotFound:
            return False
        if self._home != home:
            self._forget()  # a segment's name means something else in another folder, or another life
        self._manifest = manifest
        self._arrange()
        return True

    def _arrange(self) -> None:
        self._sealed = [segment for segment in self._manifest.segments if segment.kind != "open"]
        self._firsts = [segment.first for segment in self._sealed]
        known = {(tail.segment.name, tail.segment.first): tail for tail in self._open}
        before = self._sealed[-1].stop if self._sealed else 0
        tails = []
        for segment in self._manifest.segments:
            if segment.kind == "open":
                turn = self._manifest.turn_before(segment.first) if segment.first == before else None
                kept = known.pop((segment.name, segment.first), None)
                tails.append(kept or OpenTail(self.folder, self.session_id, segment, turn))
        self._open = tails
        for tail in known.values():
            tail.close()

    def _read_tails(self) -> None:
        self._looking_again(self._read_each)

    def _read_each(self) -> None:
        before: OpenTail | None = None
        for tail in self._open:
            if tail.turn is None and before is not None:
                tail.turn = before.turn_after()
            tail.read()
            before = tail

    def _looking_again(self, read: Callable[[], T]) -> T:
        """What ``read`` gives; if a file it needs is gone, after a look at where the session is kept now."""
        while True:
            segments = self._manifest.segments
            try:
                return read()
            except FileNotFoundError as error:
                if not self._reload():
                    raise SessionNotFound(f"session {self.session_id} was deleted, and its bytes are gone.") from None
                if self._manifest.segments == segments:
                    at = next((tail.segment.first for tail in self._open if str(tail.path) == error.filename), None)
                    raise Corrupt(self.session_id, at, str(error.filename), "the file is missing") from None

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows of seqs ``start`` up to ``stop``, clipped to what there is."""
        found: list[Row] = []
        for at, part in self._parts(start, stop, self._block_at):
            if isinstance(part, list):
                found.extend(part)
            else:
                columns = [plain(column).to_pylist() for column in part.columns]
                found.extend(map(Row._make, zip(repeat(self.session_id), range(at, at + len(part)), *columns)))
        return found

    def table(self, start: int = 0, stop: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The same as an Arrow table, with all columns of `schema.ROWS` or just ``columns``."""
        names = list(columns) if columns else ROWS.names
        parts = []
        read = partial(self._table_at, columns)
        for _, part in self._parts(start, self.count if stop is None else stop, read):
            parts.append(rows_table(part, columns) if isinstance(part, list) else part.select(names))
        if not parts:
            return ROWS.empty_table().select(names)
        return pa.concat_tables(parts)

    def _parts(
        self, start: int, stop: int, read: Callable[[int, int], tuple[int, pa.Table]]
    ) -> Iterator[tuple[int, pa.Table | list[Row]]]:
        """A range piece by piece, each with its first seq: what ``read`` gives of what is sealed, then rows."""
        at, stop = max(0, start), min(stop, self.count)
        while at < stop and self._sealed_at(at):
            first, table = self._looking_again(partial(read, at, stop))
            high = min(stop, first + len(table))
            yield at, table.slice(at - first, high - at)
            at = high
        for tail in self._open:
            low, high = max(at, tail.segment.first), min(stop, tail.stop)
            if low < high:
                yield low, tail.rows[low - tail.segment.first : high - tail.segment.first]

    def _sealed_at(self, seq: int) -> Segment | None:
        """The sealed or packed segment that event ``seq`` is in."""
        index = bisect_right(self._firsts, seq) - 1
        return self._sealed[index] if index >= 0 and seq < self._sealed[index].stop else None

    def _still_sealed_at(self, seq: int) -> Segment:
        segment = self._sealed_at(seq)
        if segment is None:
            raise SessionNotFound(
                f"session {self.session_id} was deleted and made anew while it was read; open it again."
            )
        return segment

    def _table_at(self, columns: Sequence[str] | None, seq: int, stop: int) -> tuple[int, pa.Table]:
        """What of a segment is wanted from ``seq`` on, and its first seq."""
        segment = self._still_sealed_at(seq)
        low, high = seq - segment.first, min(segment.count, stop - segment.first)
        return seq, read_rows(self._path(segment, "rows"), self.session_id, segment, columns, low, high)

    def _block_at(self, seq: int, stop: int) -> tuple[int, pa.Table]:
        """The block of rows that ``seq`` is in, and its first seq: where somebody looks, they will look around."""
        segment = self._still_sealed_at(seq)
        low = (seq - segment.first) // ROW_GROUP * ROW_GROUP
        key = f"{segment.name}{segment.kind}{segment.chain}{low}"
        table = self._tables.get(key)
        if table is None:
            file = self._rows_file(self._path(segment, "rows"))
            table = self._tables[key] = file.block(segment, low, min(segment.count, low + ROW_GROUP))
            while len(self._tables) > KEPT_BLOCKS:
                self._tables.popitem(last=False)
        self._tables.move_to_end(key)
        return segment.first + low, table

    def _rows_file(self, path: Path) -> RowsFile:
        file = self._rows_files.get(path)
        if file is None:
            file = self._rows_files[path] = RowsFile(path, self.session_id)
            while len(self._rows_files) > KEPT_FILES:
                self._rows_files.popitem(last=False)[1].close()
        self._rows_files.move_to_end(path)
        return file

    def _path(self, segment: Segment, what: str) -> Path:
        folder = self.packs if segment.kind == "pack" else self.folder
        return folder / f"{segment.name}.{what}.parquet"

    # ── payloads ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def payload(self, seq: int) -> bytes:
        """The payload of event ``seq``, byte for byte as stored."""
        return self.entry(seq).payload

    def extra(self, seq: int) -> Json:
        """The local facts beside event ``seq``."""
        extra = self.entry(seq).extra
        return decode(extra) if extra else {}

    def entry(self, seq: int) -> Entry:
        """Everything stored of event ``seq``, its chain left out (empty) in a sealed segment."""
        if not 0 <= seq < self.count:
            raise IndexError(f"session {self.session_id} has events 0 to {self.count - 1}; there is no {seq}.")
        return next(self.entries(seq, seq + 1))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Everything stored of a range of events, one row group in memory at a time; chains as `entry` gives them."""
        at, stop = max(0, start), self.count if stop is None else min(stop, self.count)
        while at < stop:
            for path, table in self.payloads(at, stop):
                yield from entries_of(table, self.session_id, at, path)
                at += len(table)
            if at < stop:
                yield self._tail_at(at).entry(at)  # which may be sealed before the next is asked for
                at += 1

    def payloads(self, start: int, stop: int) -> Iterator[tuple[Path, pa.Table]]:
        """What of a range of events is sealed, as tables of `schema.PAYLOADS` with the file each is from."""
        at = start
        while at < stop and self._sealed_at(at):
            segment, file = self._looking_again(partial(self._payloads_at, at))
            shift, high = segment.row - segment.first, min(stop, segment.stop)
            try:
                for table in file.tables(at + shift, high + shift):
                    yield file.path, table
                    at += len(table)
            except Corrupt as error:
                raise Corrupt(self.session_id, at, error.file, error.what) from None

    def _payloads_at(self, seq: int) -> tuple[Segment, PayloadFile]:
        segment = self._still_sealed_at(seq)
        path = self._path(segment, "payload")
        file = self._payload_files.get(path)
        if file is None:
            try:
                file = self._payload_files[path] = PayloadFile(path, self.session_id)
            except Corrupt as error:
                raise Corrupt(self.session_id, segment.first, error.file, error.what) from None
            while len(self._payload_files) > KEPT_FILES:
                self._payload_files.popitem(last=False)  # not closed: somebody may be reading on in it
        if self._read_last is not file:
            if self._read_last is not None:
                self._read_last.forget()
            self._read_last = file
        return segment, file

    def _tail_at(self, seq: int) -> OpenTail:
        return next(tail for tail in self._open if tail.segment.first <= seq < tail.stop)

    def text(self, start: int, stop: int) -> bytes:
        """What a range of events says: all payloads, then all extras. It is the same wherever they are kept."""
        payloads, extras, at = [], [], max(0, start)
        stop = min(stop, self.count)
        for _, table in self.payloads(at, stop):
            payloads.append(characters(table.column("payload")))
            extras.append(characters(table.column("extra")))
            at += len(table)
        for entry in self.entries(at, stop):
            payloads.append(entry.payload)
            extras.append(entry.extra)
        return b"".join(payloads + extras)

    # ── trust ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def verify(self) -> int:
        """Recompute the chain over everything; how many events hold. Raises `Corrupt` at the first that does not."""
        from runtime.verify import verify  # only who asks pays for it

        return verify(self)

    @property
    def segments(self) -> list[Segment]:
        """Sealed and packed segments, in order of seq."""
        return self._sealed

    @property
    def tails(self) -> list[OpenTail]:
        """Open segments, in order of seq."""
        return self._open

    def ease(self) -> None:
        """Give back the memory of the payloads read last: worth it after a large one that is not read on from."""
        if self._read_last is not None:
            self._read_last.forget()
            self._read_last = None
        pa.default_memory_pool().release_unused()

    def _forget(self) -> None:
        for tail in self._open:
            tail.close()
        self._open = []
        for file in self._rows_files.values():
            file.close()
        self._rows_files.clear()
        self._payload_files.clear()
        self._read_last = None
        self._tables.clear()

    def close(self) -> None:
        """Let go of files and rows."""
        for file in self._payload_files.values():
            file.close()
        self._forget()

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
