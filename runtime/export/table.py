"""Sessions as one Parquet file; see `runtime.export` for what it holds. DuckDB and others read it as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runtime.errors import ExportDamaged
from runtime.event import Json, decode, encode
from runtime.export.contents import Blob, Contents, End, Head, Item, Record, Stored
from runtime.export.detect import FOOTER
from runtime.export.lines import Written, what_of
from runtime.files import output_file
from runtime.schema import SCHEMA_VERSION
from runtime.segment import GROUP, Entry
from runtime.sources.archive import SourceArchive
from runtime.store import Store

MAX_GROUP_BYTES = 1024 * 1024 * 1024

_RECORD = pa.struct([("source", pa.string()), ("offset", pa.int64()), ("bytes", pa.large_binary())])
_BLOB = pa.struct([("name", pa.string()), ("bytes", pa.large_binary())])
COLUMNS = pa.schema(
    [
        ("session_id", pa.string()),
        ("seq", pa.int64()),
        ("id", pa.string()),
        ("type", pa.string()),
        ("time_us", pa.int64()),
        ("thread_id", pa.string()),
        ("payload", pa.large_string()),
        ("extra", pa.large_string()),
        ("chain", pa.binary(16)),
        ("records", pa.list_(_RECORD)),
        ("blobs", pa.list_(_BLOB)),
    ]
)
"""``records`` and ``blobs`` hold what an event refers to and none before it did; both are mostly null."""
EVENT_COLUMNS = [field.name for field in COLUMNS][:9]


def write_table(store: Store, session_ids: Iterable[str], path: Path) -> list[Written]:
    """Write sessions into the file at ``path``, which appears when all of it is there."""
    headers: list[Json] = []
    written: list[Written] = []
    archive = SourceArchive(store)
    with output_file(path) as file:
        with pq.ParquetWriter(
            file, COLUMNS, compression="zstd", compression_level=3, use_dictionary=["session_id", "type", "thread_id"],
            write_statistics=["session_id", "seq", "type", "time_us"], write_page_checksum=True,
        ) as writer:  # fmt: skip
            for session_id in session_ids:
                with store.reader(session_id) as reader:
                    contents = Contents(store, archive, reader)
                    header = contents.header()
                    for table in _tables(contents):
                        writer.write_table(table, row_group_size=GROUP.rows)
                sources = {source_id: contents.path(source_id) for source_id in contents.cited}
                headers.append({**header, "sources": sources, "missing": contents.missing})
                missing = [sources[source_id] or source_id for source_id in contents.missing]
                written.append(Written(session_id, header["events"], missing))
            footer = {"workbench": "sessions", "schema": SCHEMA_VERSION, "sessions": headers}
            writer.add_key_value_metadata({FOOTER.decode(): encode(footer).decode()})
    return written


def _tables(contents: Contents) -> Iterator[pa.Table]:
    rows: list[list[Any]] = []
    held = 0
    for entry in contents.entries():
        row, size = _row(contents, entry)
        if rows and (held + size > GROUP.bytes or len(rows) == GROUP.rows):
            yield _table(rows)
            rows, held = [], 0
        rows.append(row)
        held += size
    if rows:
        yield _table(rows)


def _row(contents: Contents, entry: Entry) -> tuple[list[Any], int]:
    """One event as a row, and about how many bytes that is."""
    names, cited = contents.refers(entry)
    blobs: list[Json] = [{"name": name, "bytes": contents.blob(name)} for name in names]
    records: list[Json] = [
        {"source": source_id, "offset": offset, "bytes": data}
        for source_id, offset, size in cited
        if (data := contents.record(source_id, offset, size)) is not None
    ]
    beside = sum(len(part["bytes"]) for part in blobs) + sum(len(part["bytes"]) for part in records)
    row = [
        contents.session_id, entry.seq, entry.id, decode(entry.payload)["type"], entry.time_us, entry.thread_id,
        entry.payload, entry.extra, entry.chain, records or None, blobs or None,
    ]  # fmt: skip
    return row, len(entry.payload) + len(entry.extra) + beside


def _table(rows: list[list[Any]]) -> pa.Table:
    columns = [
        pa.array(column, pa.large_binary()).cast(field.type)
        if field.type == pa.large_string()
        else pa.array(column, field.type)
        for column, field in zip(zip(*rows), COLUMNS)
    ]
    return pa.Table.from_arrays(columns, schema=COLUMNS)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_table(path: Path, wanted: Collection[type] = (Head, Stored, Blob, Record, End)) -> Iterator[Item]:
    """The items of the file at ``path`` that are ``wanted``, in order. Raises `ExportDamaged`."""
    try:
        with pq.ParquetFile(path, memory_map=True, page_checksum_verification=True) as file:
            headers = decode(file.metadata.metadata[FOOTER])["sessions"]
            if not file.schema_arrow.equals(COLUMNS):
                raise ValueError("its columns are not those of an export of this version or an earlier one")
            yield from (item for item in _items(file, headers, wanted) if type(item) in wanted)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, pa.ArrowException) as error:
        raise ExportDamaged(path, None, what_of(error)) from None


def _items(file: pq.ParquetFile, headers: list[Json], wanted: Collection[type]) -> Iterator[Item]:
    """Every session of the footer, with those rows that follow on from each other and bear its id."""
    rows = _rows(file, wanted)
    row = next(rows, None)
    for header in headers:
        place = row[0] if row else file.metadata.num_rows
        yield Head(place, header)
        for _ in range(header["events"]):
            if row is None or row[1] != header["session_id"]:
                raise ValueError(f"rows of session {header['session_id']} are missing after row {place}")
            place = row[0]
            yield from _items_of(row, header["sources"])
            row = next(rows, None)
        yield End(place, header["session_id"], header["missing"])
    if row is not None:
        raise ValueError(f"row {row[0]} belongs to no session that the footer names")


def _items_of(row: tuple[Any, ...], sources: Json) -> Iterator[Item]:
    place, _, seq, event_id, _, time_us, thread_id, payload, extra, chain, records, blobs = row
    for blob in blobs or ():
        yield Blob(place, blob["name"], blob["bytes"])
    if payload is not None:
        yield Stored(place, Entry(seq, event_id, time_us, thread_id, payload.encode(), extra.encode(), chain))
    for record in records or ():
        source_id = record["source"]
        yield Record(place, source_id, str(sources[source_id]), record["offset"], record["bytes"])


def _rows(file: pq.ParquetFile, wanted: Collection[type]) -> Iterator[tuple[Any, ...]]:
    """Each row with its number (from 1); columns that nobody wants are None."""
    names = EVENT_COLUMNS if Stored in wanted else ["session_id"]
    names = names + [name for name, kind in (("records", Record), ("blobs", Blob)) if kind in wanted]
    number = 0
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).total_byte_size > MAX_GROUP_BYTES:
            raise ValueError(f"row group {group} is larger than any that is written")
        table = file.read_row_group(group, columns=names, use_threads=False)
        columns = [table.column(n).to_pylist() if n in names else [None] * len(table) for n in COLUMNS.names]
        for values in zip(*columns):
            number += 1
            yield (number, *values)
