r"""Segments: the bytes of a session's log on disk, and the chain that notices any change to them.

An **open** segment is a text file, ``000001.jsonl``: one event a line, in order of seq, durable before append returns
(the line is folded here; on disk it is one)::

    {"seq":17,"chain":"9f1c0a7be2d4588e1b6f3a0c47d2e915","time_us":1795182312719725,"thread_id":"sthr_4c1e…",
     "payload_bytes":96,"extra":{"name":"bash"},"payload":{"id":"sevt_07…","type":"agent.tool_result",…}}\n

``payload`` comes last and holds the event's bytes exactly as they were accepted: they are the ``payload_bytes`` bytes
before the closing ``}``. A payload that contains line ends (blanks between its tokens) stands as a string under
``payload_text`` instead. ``extra`` is absent where there is nothing to say.

A **sealed** segment is two Parquet files, written once and never touched again::

    000000.rows.parquet      `schema.ROWS`: row groups of 4,096 events; a few dozen bytes an event
    000000.payload.parquet   `schema.PAYLOADS`: row groups of at most 1,024 events and 1 MiB; read one group at a time

``chain`` of an event is blake2b (16 bytes) over the chain before it, then ``id \x1f time \x1f thread \x1f length of
payload \x1f``, then the payload's bytes, then extra's. The first chain of a session starts from a hash of its id
(`genesis`). The chain at the end of each segment also stands in the manifest, so neither an event, nor a segment, nor
the order of either can change unseen.

A segment cut off in the middle of its last line (a crash, a power cut) loses only what was never acknowledged; a line
that is whole and does not fit the chain is damage, and is named. Pages of sealed segments carry checksums, and a digest
of each file stands in the manifest, so that damage to what the chain does not cover (rows, statistics, indexes) is
found too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from runtime.errors import Corrupt
from runtime.event import Draft, Row, decode
from runtime.files import Digested, published
from runtime.schema import IDS, LOW_CARDINALITY, PAYLOADS, ROWS

SEGMENT_ROWS = 65_536
ROW_GROUP = 4_096
"""Of narrow rows: what it costs to look at a few somewhere in a segment."""
PACK_ROW_GROUP = 8_192
"""Who opens one small session should not read the rows of four hundred."""
SEGMENT_BYTES = 64 * 1024 * 1024
SMALL_BYTES = 16 * 1024 * 1024
PAGE_BYTES = 8 * 1024 * 1024

GIL_BYTES, SHORT_BYTES = 2047, 32 * 1024
"""Python lets go of its lock for more than 2,047 bytes to hash: where many sessions are written at once, it then waits
longer to have it again than the hash takes. So what is short is hashed in pieces."""


class Group(NamedTuple):
    """How large a row group of payloads may get: what it costs to read one of them."""

    rows: int
    bytes: int


GROUP = Group(1_024, 1024 * 1024)
"""Of one session's: more in one hardly compresses better."""
PACK_GROUP = Group(8_192, 4 * 1024 * 1024)
"""Small sessions of one kind say much alike, beginning with the same prompt, and compress well together."""


class Entry(NamedTuple):
    """One event as it is stored: everything that is truth about it, and its chain."""

    seq: int
    id: str
    time_us: int | None
    thread_id: str
    payload: bytes
    """The event's JSON, byte for byte."""
    extra: bytes
    """A JSON object, or nothing."""
    chain: bytes
    """16 bytes."""

    def draft(self) -> Draft:
        """The draft this entry was made of."""
        extra = decode(self.extra) if self.extra else {}
        return Draft(decode(self.payload), self.thread_id, self.time_us, extra, self.payload)


def genesis(session_id: str) -> bytes:
    """The chain before a session's first event."""
    return blake2b(session_id.encode(), digest_size=16).digest()


def link(before: bytes, id: str, time_us: int | None, thread_id: str, payload: bytes, extra: bytes) -> bytes:
    """The chain of an event that follows ``before``."""
    head = f"{id}\x1f{time_us}\x1f{thread_id}\x1f{len(payload)}\x1f".encode()
    data = b"".join((before, head, payload, extra))
    if len(data) <= GIL_BYTES or len(data) > SHORT_BYTES:
        return blake2b(data, digest_size=16).digest()
    hashed = blake2b(digest_size=16)
    for start in range(0, len(data), GIL_BYTES):
        hashed.update(data[start : start + GIL_BYTES])
    return hashed.digest()


# ── open segments ────────────────────────────────────────────────────────────────────────────────────────────────────


def line_of(entry: Entry) -> bytes:
    """``entry`` as a line of an open segment."""
    seq, _, time_us, thread_id, payload, extra, chain = entry
    head = _head(seq, chain.hex(), time_us, thread_id, len(payload))
    if extra:
        head = b'%b,"extra":%b' % (head, extra)
    if b"\n" in payload:
        return b'%b,"payload_text":%b}\n' % (head, orjson.dumps(payload.decode()))
    return b'%b,"payload":%b}\n' % (head, payload)


def _head(seq: int, chain: str, time_us: int | None, thread_id: str, payload_bytes: int) -> bytes:
    moment = "null" if time_us is None else time_us
    thread = _quoted(thread_id)
    head = f'{{"seq":{seq},"chain":"{chain}","time_us":{moment},"thread_id":{thread},"payload_bytes":{payload_bytes}'
    return head.encode()


@lru_cache(1024)
def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def entry_of(line: bytes) -> Entry:
    """The entry that ``line`` (without its line end) holds. Raises ValueError where it is not one."""
    try:
        whole = decode(line)
        size, time_us, thread_id = whole["payload_bytes"], whole["time_us"], whole["thread_id"]
        if "payload" in whole:
            payload, body = whole["payload"], line[-size - 1 : -1]
            tail = size + len(b',"payload":}')
        else:
            body = whole["payload_text"].encode()
            payload = decode(body)
            tail = len(orjson.dumps(whole["payload_text"])) + len(b',"payload_text":}')
        extra = b""
        if "extra" in whole:
            head = len(_head(whole["seq"], whole["chain"], time_us, thread_id, size)) + len(b',"extra":')
            extra = line[head:-tail]
        chain = bytes.fromhex(whole["chain"])
        if chain.hex() != whole["chain"] or len(body) != size or not isinstance(payload["id"], str):
            raise ValueError("its chain, its size or its id is not what it should be")
        return Entry(whole["seq"], payload["id"], time_us, thread_id, body, extra, chain)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a line of a log: {error}") from None


def read_open(path: Path, session_id: str, first: int, chain: bytes) -> tuple[list[Entry], int]:
    """The entries of an open segment, and how many bytes of the file they take up.

    A last line without its line end is torn and left out. Anything else that does not fit raises `Corrupt`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Corrupt(session_id, first, str(path), "the file is missing") from None
    whole = data.rfind(b"\n") + 1
    entries: list[Entry] = []
    for line in data[:whole].split(b"\n")[:-1]:
        entries.append(follow(line, session_id, first + len(entries), chain, path))
        chain = entries[-1].chain
    return entries, whole


def follow(line: bytes, session_id: str, seq: int, chain: bytes, path: Path) -> Entry:
    """The entry of event ``seq`` in a line that must follow on from ``chain``; `Corrupt` where it does not."""
    try:
        entry = entry_of(line)
    except ValueError as error:
        raise Corrupt(session_id, seq, str(path), str(error)) from None
    expected = link(chain, entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra)
    if entry.seq != seq or entry.chain != expected:
        raise Corrupt(session_id, seq, str(path), "its bytes do not fit the chain")
    return entry


# ── sealed segments ──────────────────────────────────────────────────────────────────────────────────────────────────


def rows_table(rows: Sequence[Row], names: Sequence[str] | None = None) -> pa.Table:
    """``rows`` as an Arrow table, with all columns or just those named."""
    if not rows:
        return ROWS.empty_table().select(names or ROWS.names)
    if names is None:
        return pa.Table.from_arrays([pa.array(each, field.type) for each, field in zip(zip(*rows), ROWS)], schema=ROWS)
    places = [ROWS.get_field_index(name) for name in names]
    columns = [pa.array([row[place] for row in rows], ROWS.field(place).type) for place in places]
    schema = pa.schema([ROWS.field(place) for place in places], metadata=ROWS.metadata)
    return pa.Table.from_arrays(columns, schema=schema)


def write_rows(path: Path, tables: Sequence[pa.Table], *, pack: bool = False, bulk: bool = False) -> str:
    """Publish the rows of a sealed segment, or of a ``pack``; the file's digest. For ``bulk`` see `level_for`.

    A pack's ids are written by what each has in common with the one before: smaller, and slower to read.
    """
    group_rows = PACK_ROW_GROUP if pack else ROW_GROUP
    bloom = {"id": {"ndv": max(1, min(group_rows, sum(map(len, tables)))), "fpp": 0.05}}
    with published(path) as file:
        digested = Digested(file)
        with pq.ParquetWriter(
            digested, ROWS, compression="zstd", compression_level=level_for(tables, bulk),
            use_dictionary=LOW_CARDINALITY, column_encoding=dict.fromkeys(IDS, "DELTA_BYTE_ARRAY") if pack else None,
            write_page_index=True, write_page_checksum=True, bloom_filter_options=bloom,
        ) as writer:  # fmt: skip
            for table in tables:
                if len(table):
                    writer.write_table(table, row_group_size=group_rows)
    return digested.digest


def level_for(tables: Iterable[pa.Table], bulk: bool) -> int:
    """zstd's level: what is little is compressed well; what is much, or part of much (``bulk``), quickly."""
    return 9 if not bulk and sum(table.nbytes for table in tables) < SMALL_BYTES else 3


def payload_table(session_id: str, entries: Sequence[Entry]) -> pa.Table:
    """``entries`` as an Arrow table."""
    if not entries:
        return PAYLOADS.empty_table()
    seqs, _, times, threads, payloads, extras, _ = zip(*entries)
    arrays = [
        pa.repeat(pa.scalar(session_id, pa.string()), len(entries)),
        pa.array(seqs, pa.int64()),
        pa.array(times, pa.int64()),
        pa.array(threads, pa.string()),
        pa.array(payloads, pa.large_binary()).cast(pa.large_string()),
        pa.array(extras, pa.large_binary()).cast(pa.large_string()),
    ]
    return pa.Table.from_arrays(arrays, schema=PAYLOADS)


def write_payloads(path: Path, tables: Sequence[pa.Table], *, pack: bool = False, bulk: bool = False) -> str:
    """Publish the payloads of a sealed segment (or of a pack), in row groups, table by table; the file's digest."""
    group = PACK_GROUP if pack else GROUP
    with published(path) as file:
        digested = Digested(file)
        with pq.ParquetWriter(
            digested, PAYLOADS, compression="zstd", compression_level=level_for(tables, bulk),
            use_dictionary=["session_id", "thread_id"], write_statistics=["seq", "session_id"],
            data_page_size=PAGE_BYTES, write_page_index=False,
            write_page_checksum=True,
        ) as writer:  # fmt: skip
            for table in tables:
                for start, stop in group_bounds(table.column("payload"), group):
                    writer.write_table(table.slice(start, stop - start), row_group_size=group.rows)
    return digested.digest


def group_bounds(payloads: pa.ChunkedArray, group: Group = GROUP) -> Iterator[tuple[int, int]]:
    """Where to cut a table into row groups."""
    import pyarrow.compute as pc  # only who seals needs it

    lengths = pc.binary_length(payloads).to_pylist()
    start = held = 0
    for index, length in enumerate(lengths):
        if index > start and (held + length > group.bytes or index - start >= group.rows):
            yield start, index
            start, held = index, 0
        held += length
    if lengths:
        yield start, len(lengths)
