"""Trust: recompute a session's chain from what is on disk, and name the first event that is not what was written.

The chain covers everything that is truth. What it does not cover (rows, statistics, indexes, the empty space in
files) is held against the digests that were taken when the files were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runtime.blob import BlobStore, is_name
from runtime.errors import Corrupt
from runtime.event import CHAIN_BYTES, Json, decode
from runtime.files import digest_of
from runtime.manifest import Segment
from runtime.reader import LogReader
from runtime.segment import Entry, genesis, link
from runtime.tail import OpenTail

CHECKED_ROWS = 4096
CHECKED = ["seq", "id", "thread_id", "time_us", "payload_bytes", "chain"]
"""The columns of rows that say again what payloads say."""


def verify(reader: LogReader, blobs: BlobStore | None = None) -> int:
    """Check every event of ``reader`` against the chain, the rows and the manifest; returns how many there are.

    With ``blobs``, also that every blob an extra names is there and holds the bytes its name says. Raises `Corrupt`.
    """
    chain, at = genesis(reader.session_id), 0
    for segment in reader.segments:
        if segment.first != at:
            raise Corrupt(reader.session_id, at, "manifest.json", f"segment {segment.name} begins at {segment.first}")
        chain = _segment(reader, segment, chain, blobs)
        _check_files(reader, segment, None)
        at = segment.stop
    for tail in reader.tails:
        chain = _tail(reader, tail, at, chain, blobs)
        at = tail.stop
    return at


def _segment(reader: LogReader, segment: Segment, chain: bytes, blobs: BlobStore | None) -> bytes:
    """The chain after ``segment``, each event of it checked."""
    entries = reader.entries(segment.first, segment.stop)
    for start in range(segment.first, segment.stop, CHECKED_ROWS):
        stop = min(segment.stop, start + CHECKED_ROWS)
        rows = reader.table(start, stop).select(CHECKED)
        for said, entry in zip(zip(*(column.to_pylist() for column in rows.columns)), entries):
            try:
                chain = _fit(reader, entry, chain, said[-1], f"{segment.name}.payload.parquet")
            except Corrupt:
                _check_files(reader, segment, entry.seq)  # it may be the rows that are not what was written
                raise
            if said[:-1] != (entry.seq, entry.id, entry.thread_id, entry.time_us, len(entry.payload)):
                raise Corrupt(
                    reader.session_id, entry.seq, f"{segment.name}.rows.parquet", "its row is another event's"
                )
            _check_blobs(reader, entry, blobs)
    if chain.hex() != segment.chain:
        what = "the chain does not end as the manifest says"
        raise Corrupt(reader.session_id, segment.stop - 1, f"{segment.name}.payload.parquet", what)
    return chain


def _check_files(reader: LogReader, segment: Segment, seq: int | None) -> None:
    for what, digest in segment.files.items():
        try:
            check_digest(reader.session_id, reader.folder / f"{segment.name}.{what}.parquet", digest)
        except Corrupt as error:
            raise Corrupt(reader.session_id, seq, error.file, error.what) from None


def check_digest(session_id: str, path: Path, digest: str) -> None:
    """Raise `Corrupt` where the file at ``path`` is not the one that was written."""
    try:
        found = digest_of(path)
    except OSError as error:
        raise Corrupt(session_id, None, str(path), f"it cannot be read: {error.strerror}") from None
    if found != digest:
        raise Corrupt(session_id, None, str(path), "its bytes are not those that were written")


def _tail(reader: LogReader, tail: OpenTail, at: int, chain: bytes, blobs: BlobStore | None) -> bytes:
    """The chain after an open segment, each event of it checked."""
    if tail.segment.first != at or bytes.fromhex(tail.segment.chain) != chain:
        raise Corrupt(reader.session_id, at, str(tail.path), "the open segment does not follow the one before it")
    for seq in range(tail.segment.first, tail.stop):
        entry = tail.entry(seq)
        chain = _fit(reader, entry, chain, entry.chain, str(tail.path))
        _check_blobs(reader, entry, blobs)
    return chain


def _fit(reader: LogReader, entry: Entry, chain: bytes, stored: bytes, file: str) -> bytes:
    expected = link(chain, entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra)
    if len(stored) < CHAIN_BYTES or not expected.startswith(stored):
        raise Corrupt(reader.session_id, entry.seq, file, "its bytes do not fit the chain")
    return expected


def _check_blobs(reader: LogReader, entry: Entry, blobs: BlobStore | None) -> None:
    if blobs is None or b'"blob"' not in entry.extra:
        return
    for name in named_blobs(decode(entry.extra)):
        try:
            blobs.get(name)
        except Corrupt as error:
            raise Corrupt(reader.session_id, entry.seq, error.file, error.what) from None
        except FileNotFoundError:
            raise Corrupt(reader.session_id, entry.seq, str(blobs.path(name)), "the blob is missing") from None


def named_blobs(value: Json | list[object] | object) -> Iterator[str]:
    """Every blob that a JSON value names, as ``{"blob": "<hash>"}`` anywhere in it."""
    if isinstance(value, dict):
        name = value.get("blob")
        if isinstance(name, str) and is_name(name):
            yield name
        for part in value.values():
            yield from named_blobs(part)
    elif isinstance(value, list):
        for part in value:
            yield from named_blobs(part)
