"""Sessions as JSON lines, written and read one line at a time; see `runtime.export` for what stands in each."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import zstandard

from runtime.blob import MAX_BLOB_BYTES
from runtime.errors import ExportDamaged
from runtime.event import Json, decode, encode
from runtime.export.contents import PIECE_BYTES, Blob, Contents, End, Head, Item, Record, Stored
from runtime.export.detect import LINES, ZSTD
from runtime.segment import entry_of, line_of
from runtime.sources.archive import SourceArchive
from runtime.store import Store

MAX_LINE_BYTES = 512 * 1024 * 1024
SHARED_FRAMES = 96
EXPANSION = 250
FREE_BYTES = 1024 * 1024 * 1024
"""A compressed file may be read up to this many bytes, and beyond up to so many times its size."""


class Written(NamedTuple):
    """What was written of one session."""

    session_id: str
    events: int
    missing: list[str]
    """Sources that could not be read, by path."""


def write_lines(
    store: Store, session_id: str, write: Callable[[bytes], object], archive: SourceArchive | None = None
) -> Written:
    """Write one session, a few lines at a time. Raises `Corrupt` where its log is damaged.

    Whoever writes several has one ``archive`` for all of them, `open_archive`'s: sessions share frames of sources.
    """
    with store.reader(session_id) as reader:
        contents = Contents(store, archive or SourceArchive(store), reader)
        header = contents.header()
        lines = 0
        for line in _lines_of(contents, header):
            write(line)
            lines += 1
        end = {"workbench": "end", "session_id": session_id, "lines": lines, "missing": contents.missing}
        write(encode(end) + b"\n")
    return Written(session_id, header["events"], [contents.path(name) or name for name in contents.missing])


def open_archive(store: Store) -> SourceArchive:
    """The sources of ``store``, as many of their frames kept in memory as sessions of one import may share."""
    return SourceArchive(store, frames=SHARED_FRAMES)


def _lines_of(contents: Contents, header: Json) -> Iterator[bytes]:
    yield encode(header) + b"\n"
    for entry in contents.entries():
        contents.refers(entry)
        yield line_of(entry)
    for name in contents.blobs:
        yield b'{"blob":"%b","zstd":"%b"}\n' % (name.encode(), _packed(contents.blob(name)))
    for source_id, ranges in contents.cited.items():
        path = contents.path(source_id)
        for pieces in ranges.pieces():
            parts = [contents.record(source_id, offset, size) for offset, size in pieces]
            if any(part is None for part in parts):
                break
            head = encode({"source": source_id, "path": path, "pieces": pieces})[:-1]
            yield b'%b,"zstd":"%b"}\n' % (head, _packed(b"".join(part for part in parts if part)))


def _packed(data: bytes) -> bytes:
    return base64.b64encode(zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data))


def _unpacked(text: object, limit: int) -> bytes:
    if not isinstance(text, str):
        raise ValueError("it holds no bytes")
    data = base64.b64decode(text, validate=True)
    if zstandard.frame_content_size(data) > limit:
        raise ValueError(f"it holds more than {limit:,} bytes")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=limit)


def what_of(error: Exception) -> str:
    """What is wrong, in words."""
    return f"it does not say {error}" if isinstance(error, KeyError) else str(error)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_lines(path: Path, wanted: Collection[type] = (Head, Stored, Blob, Record, End)) -> Iterator[Item]:
    """The items of the file at ``path`` that are ``wanted``, in order. Raises `ExportDamaged` naming the line."""
    prefixes = {b'{"seq":': Stored, b'{"blob":': Blob, b'{"source"': Record, LINES: Head}
    number = first = 0
    with _opened(path) as file:
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if not line.endswith(b"\n"):
                what = "is cut off" if len(line) < MAX_LINE_BYTES else f"is longer than {MAX_LINE_BYTES:,} bytes"
                raise ExportDamaged(path, number, f"the line {what}")
            kind = next((kind for prefix, kind in prefixes.items() if line.startswith(prefix)), None)
            if kind is None or not (first or kind is Head):
                raise ExportDamaged(path, number, "it is no line of an export, or stands outside of any session")
            if kind is Head or kind in wanted:
                try:
                    items = list(_items(kind, number, line))
                except (ValueError, KeyError, TypeError, zstandard.ZstdError) as error:
                    raise ExportDamaged(path, number, what_of(error)) from None
                if kind is Head:
                    first = _checked_count(path, number, line, first)
                yield from (item for item in items if type(item) in wanted)
    if first or not number:
        raise ExportDamaged(path, number, "it ends before the line that would end its last session: it was cut off")


def _checked_count(path: Path, number: int, line: bytes, first: int) -> int:
    """Where the session begins that is open after this line (0: none); an end must count the lines since its header."""
    said = decode(line)
    if said["workbench"] != "end":
        if first:
            raise ExportDamaged(path, number, "a session begins before the one before it has ended")
        return number
    if not first or said.get("lines") != number - first:
        raise ExportDamaged(path, number, f"lines are missing: {number - first} where {said.get('lines')} were written")
    return 0


def _items(kind: type, number: int, line: bytes) -> Iterator[Item]:
    if kind is Stored:
        yield Stored(number, entry_of(line[:-1]))
        return
    said = decode(line)
    if kind is Blob:
        yield Blob(number, str(said["blob"]), _unpacked(said["zstd"], MAX_BLOB_BYTES))
    elif kind is Record:
        yield from _records(number, said)
    elif said["workbench"] == "end":
        yield End(number, said["session_id"], [name for name in said["missing"] if isinstance(name, str)])
    elif said["workbench"] in ("session", "share"):
        yield Head(number, said)
    else:
        raise ValueError(f"it begins a {said['workbench']!r}, which this version does not know: update to read it")


def _records(number: int, said: Json) -> Iterator[Record]:
    data, at = _unpacked(said["zstd"], PIECE_BYTES), 0
    for offset, size in said["pieces"]:
        if type(offset) is not int or type(size) is not int or size < 0:
            raise ValueError("it does not say where its pieces stood")
        yield Record(number, str(said["source"]), str(said["path"]), offset, data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError(f"{len(data):,} bytes where its pieces have {at:,}")


def _opened(path: Path) -> BinaryIO:
    file = open(path, "rb")  # closed with what is returned
    if file.read(4) != ZSTD:
        file.seek(0)
        return file
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return io.BufferedReader(_Bounded(path, file, max(FREE_BYTES, size * EXPANSION)), 1024 * 1024)


class _Bounded(io.RawIOBase):
    """What a zstd file holds, up to a limit: a small file must not fill a disk."""

    def __init__(self, path: Path, file: BinaryIO, limit: int) -> None:
        self._path, self._file, self._left = path, file, limit
        self._stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """See `io.RawIOBase.readinto`."""
        try:
            count = int(self._stream.readinto(buffer))
        except zstandard.ZstdError as error:
            raise ExportDamaged(self._path, None, f"it cannot be decompressed: {error}") from None
        self._left -= count
        if self._left < 0:
            raise ExportDamaged(self._path, None, "it expands to more than a shared session could hold")
        return count

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            self._file.close()
        super().close()
