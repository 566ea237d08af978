"""Sealed segments and packs as a reader sees them: rows by the segment, payloads by the row group, pages checked."""

from __future__ import annotations

import errno
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from runtime.errors import Corrupt
from runtime.event import decode
from runtime.manifest import Segment
from runtime.schema import LOW_CARDINALITY, PAYLOADS, ROWS, as_current, check_columns
from runtime.segment import Entry


@contextmanager
def _named(session_id: str, path: Path) -> Iterator[None]:
    """Damage as `Corrupt`; a file that is not there (any more) stays a FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "no such file", str(path)) from None
    except (OSError, ValueError, KeyError, pa.ArrowException, MemoryError) as error:
        raise Corrupt(session_id, None, str(path), f"it cannot be read: {error}") from None


def _opened(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, memory_map=True, page_checksum_verification=True, pre_buffer=False)


def read_rows(
    path: Path, session_id: str, segment: Segment, columns: Sequence[str] | None = None,
    low: int = 0, high: int | None = None,
) -> pa.Table:  # fmt: skip
    """Rows ``low`` up to ``high`` of a segment, with all columns of `schema.ROWS` or just ``columns``."""
    high = segment.count if high is None else high
    schema = pa.schema([ROWS.field(name) for name in columns], metadata=ROWS.metadata) if columns else ROWS
    with _named(session_id, path), _opened(path) as file:
        _check_place(file, session_id, segment)
        wanted = [name for name in schema.names if name in file.schema_arrow.names]
        missing = 0 if segment.kind == "pack" else segment.count - file.metadata.num_rows
        table = as_current(_slice_of(file, segment.row + low, high - low, wanted), schema)
    if missing or len(table) != high - low:
        found = segment.count - (missing or high - low - len(table))
        raise Corrupt(session_id, segment.first, str(path), f"{found} rows where {segment.count} were sealed")
    return table


def _check_place(file: pq.ParquetFile, session_id: str, segment: Segment) -> None:
    """Raise ValueError where the rows that should be a segment's are another's: whole files may have changed places.

    (A footer would say so too, but to look at damaged statistics may end the process.)
    """
    if segment.count and session_id != "?":
        for row in _slice_of(file, segment.row, 1, ["session_id", "seq"]).to_pylist():
            if (row["session_id"], row["seq"]) != (session_id, segment.first):
                raise ValueError(f"event {row['seq']} of {row['session_id']} stands in its place")


def _slice_of(file: pq.ParquetFile, row: int, count: int, columns: Sequence[str]) -> pa.Table:
    """Rows ``row`` to ``row + count`` of a file, reading only the row groups they stand in."""
    groups: list[int] = []
    start = skip = 0
    for index in range(file.metadata.num_row_groups):
        stop = start + file.metadata.row_group(index).num_rows
        if start < row + count and stop > row:
            if not groups:
                skip = row - start
            groups.append(index)
        start = stop
    return file.read_row_groups(groups, columns=columns, use_threads=False).slice(skip, count)


BLOCK = [name for name in ROWS.names if name not in ("session_id", "seq")]
"""The columns of a block: the two that are left out say what whoever asks for it knows already."""


class RowsFile:
    """A sealed file of rows, kept open to look at a few rows here and there.

    Half of what that would cost is to open the file, and to decode columns that say the same in nearly every row.
    """

    def __init__(self, path: Path, session_id: str) -> None:
        self.path, self.session_id = path, session_id
        with _named(session_id, path):
            # not mapped: whoever goes to and fro in a long session would have all of it in memory
            self._file = pq.ParquetFile(
                path, page_checksum_verification=True, pre_buffer=False, read_dictionary=LOW_CARDINALITY
            )
            check_columns(self._file.schema_arrow, ROWS)
        self._checked: set[int] = set()
        self._known = [name for name in BLOCK if name in self._file.schema_arrow.names]

    def block(self, segment: Segment, low: int, high: int) -> pa.Table:
        """Rows ``low`` up to ``high`` of a segment, with the columns of `BLOCK`, in that order."""
        with _named(self.session_id, self.path):
            if segment.row not in self._checked:
                _check_place(self._file, self.session_id, segment)
                self._checked.add(segment.row)
            table = _slice_of(self._file, segment.row + low, high - low, self._known)
        if len(table) != high - low:
            raise Corrupt(
                self.session_id, segment.first, str(self.path), f"{segment.count} rows were sealed; some are missing"
            )
        columns = [
            table.column(name) if name in self._known else pa.nulls(len(table), ROWS.field(name).type) for name in BLOCK
        ]
        return pa.table(columns, names=BLOCK)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of a block without its dictionary: one by one, looking values up in it takes ten times as long."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


class PayloadFile:
    """A sealed payload file, read a row group at a time."""

    def __init__(self, path: Path, session_id: str) -> None:
        self.path, self.session_id = path, session_id
        with _named(session_id, path):
            # not mapped: whoever goes through a long session would have all of it in memory
            self._file = pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)
            metadata = self._file.metadata
            self._starts = [0]
            for index in range(metadata.num_row_groups):
                self._starts.append(self._starts[-1] + metadata.row_group(index).num_rows)
        self._group: tuple[int, pa.Table] | None = None

    @property
    def rows(self) -> int:
        """How many events the file holds."""
        return self._starts[-1]

    def tables(self, start: int, stop: int) -> Iterator[pa.Table]:
        """Rows ``start`` up to ``stop`` as tables of `schema.PAYLOADS`, one a row group."""
        group = bisect_right(self._starts, start) - 1
        while start < stop:
            if start >= self.rows:
                raise Corrupt(self.session_id, None, str(self.path), f"it ends after {self.rows} events")
            table = self._read(group)
            low, high = start - self._starts[group], min(stop, self._starts[group + 1]) - self._starts[group]
            yield table.slice(low, high - low)
            start, group = self._starts[group + 1], group + 1

    def _read(self, group: int) -> pa.Table:
        held = self._group
        if held is not None and held[0] == group:
            return held[1]
        with _named(self.session_id, self.path):
            table = as_current(self._file.read_row_group(group, use_threads=False), PAYLOADS)
        self._group = group, table
        return table

    def forget(self) -> None:
        """Let go of the row group that was read last."""
        self._group = None

    def close(self) -> None:
        """Let go of the file."""
        self._group = None
        self._file.close()


def entries_of(table: pa.Table, session_id: str, first: int, path: Path) -> Iterator[Entry]:
    """The events in a table of payloads that begins with event ``first``; their chains are left out (empty)."""
    columns = [
        table.column(name).to_pylist() for name in ("session_id", "seq", "time_us", "thread_id", "payload", "extra")
    ]
    for expected, (owner, seq, time_us, thread_id, payload, extra) in enumerate(zip(*columns), first):
        try:
            body = payload.encode()
            event_id = decode(body)["id"]
            if owner != session_id or seq != expected:
                raise ValueError(f"event {seq} of {owner} stands in its place")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Corrupt(session_id, expected, str(path), str(error)) from None
        yield Entry(expected, event_id, time_us, thread_id, body, extra.encode(), b"")


def text_of(tables: Iterable[pa.Table]) -> bytes:
    """What the events in some tables of payloads say: all payloads, then all extras."""
    payloads, extras = [], []
    for table in tables:
        payloads.append(characters(table.column("payload")))
        extras.append(characters(table.column("extra")))
    return b"".join(payloads + extras)


def characters(column: pa.ChunkedArray) -> bytes:
    """All values of a text column, one after another, taken from its buffers without making a string of each."""
    parts = []
    for chunk in column.chunks:
        if len(chunk):
            _, offsets, data = chunk.buffers()
            places = memoryview(offsets).cast("q")
            parts.append(memoryview(data)[places[chunk.offset] : places[chunk.offset + len(chunk)]] if data else b"")
    return b"".join(parts)
