"""Sealed segments and packs as a reader sees them: rows by the segment, payloads by the row group, pages checked."""

from __future__ import annotations

import errno
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from runtime.errors import Corrupt
from runtime.event import decode
from runtime.manifest import Segment
from runtime.schema import PAYLOADS, ROWS, as_current
from runtime.segment import Entry


@contextmanager
def _named(session_id: str, path: Path) -> Iterator[None]:
    """Damage as `Corrupt`; a file that is not there (any more) stays a FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "no such file", str(path)) from None
    except (OSError, ValueError, pa.ArrowException, MemoryError) as error:
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
        wanted = [name for name in schema.names if name in file.schema_arrow.names]
        missing = 0 if segment.kind == "pack" else segment.count - file.metadata.num_rows
        table = as_current(_slice_of(file, segment.row + low, high - low, wanted), schema)
    if missing or len(table) != high - low:
        found = segment.count - (missing or high - low - len(table))
        raise Corrupt(session_id, segment.first, str(path), f"{found} rows where {segment.count} were sealed")
    return table


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


def characters(column: pa.ChunkedArray) -> bytes:
    """All values of a text column, one after another, taken from its buffers without making a string of each."""
    parts = []
    for chunk in column.chunks:
        if len(chunk):
            _, offsets, data = chunk.buffers()
            places = memoryview(offsets).cast("q")
            parts.append(memoryview(data)[places[chunk.offset] : places[chunk.offset + len(chunk)]] if data else b"")
    return b"".join(parts)
