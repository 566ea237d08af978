"""Files as sources of records: read in pieces, never held whole unless a document must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from runtime.errors import ImportRefused
from runtime.importers.lines import MAX_LINE_BYTES
from runtime.importers.record import Sample, Span

PIECE_BYTES = 1024 * 1024
SAMPLE_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024


class FileSource:
    """A file on disk. ``saw`` is called with every piece of bytes, in order and once each, as the file is read.

    Reads at most ``limit`` bytes: what the file held when the import began, so that a file that grows meanwhile is
    imported up to there and no further.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start: int = 0,
        line: int = 1,
        limit: int | None = None,
        saw: Callable[[bytes], None] | None = None,
        hold_back: bool = False,
    ) -> None:
        """With ``hold_back``, a last line without its end waits for it.

        Begin at byte ``start``, which is in line ``line``, where an earlier read of a file that grows stopped.
        """
        self.path = str(path)
        self.limit = Path(path).stat().st_size if limit is None else limit
        self.reached = start, line
        """Byte and line up to which whole lines were read; where to begin when the file has grown."""
        self.whole = False
        """Whether it was read as one document."""
        self._saw, self._hold_back = saw, hold_back

    def _pieces(self) -> Iterator[bytes]:
        left = self.limit - self.reached[0]
        with open(self.path, "rb") as file:
            file.seek(self.reached[0])
            while left > 0 and (piece := file.read(min(PIECE_BYTES, left))):
                left -= len(piece)
                if self._saw:
                    self._saw(piece)
                yield piece

    def lines(self) -> Iterator[tuple[Span, bytes, bool]]:
        """See `Source.lines`."""
        for span, raw, closed in split_lines(self._pieces(), *self.reached):
            if closed:
                self.reached = span.offset + span.length + 1, span.line + 1
            elif self._hold_back:
                return
            yield span, raw, closed

    def bytes(self) -> bytes:
        """The whole file; raises ImportRefused if it is too large to be read as one document."""
        if self.limit > MAX_DOCUMENT_BYTES:
            raise ImportRefused(
                f"{self.path}: a single JSON document of {self.limit:,} bytes; the limit is {MAX_DOCUMENT_BYTES:,}"
            )
        self.whole = True
        return b"".join(self._pieces())


class BytesSource:
    """Bytes in memory: a member of an archive, or a piece of a test."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    def lines(self) -> Iterator[tuple[Span, bytes, bool]]:
        """See `Source.lines`."""
        return split_lines(iter([self.data]))

    def bytes(self) -> bytes:
        """The bytes themselves."""
        return self.data


def split_lines(pieces: Iterator[bytes], offset: int = 0, number: int = 1) -> Iterator[tuple[Span, bytes, bool]]:
    """Lines over pieces cut anywhere. Memory: one piece and one line, at most `MAX_LINE_BYTES` of it."""
    rest: list[bytes] = []
    held = 0
    for piece in pieces:
        lines = piece.split(b"\n")
        last = lines.pop()
        for line in lines:
            if rest:
                rest.append(line)
                held += len(line)
                line, length = (b"".join(rest) if held <= MAX_LINE_BYTES else b""), held
                rest, held = [], 0
            else:
                length = len(line)
            yield Span(offset, length, number), line, True
            offset += length + 1
            number += 1
        if last:
            held += len(last)
            rest = rest + [last] if held <= MAX_LINE_BYTES else rest or [b""]
    if held:
        yield Span(offset, held, number), (b"".join(rest) if held <= MAX_LINE_BYTES else b""), False


def sample_of(path: str | Path) -> Sample:
    """What detection may look at of the file at ``path``."""
    with open(path, "rb") as file:
        return sample_bytes(str(path), file.read(SAMPLE_BYTES))


def sample_bytes(path: str, head: bytes) -> Sample:
    """A sample of bytes already read."""
    first = None
    for line in _LINE.finditer(head.removeprefix(b"\xef\xbb\xbf")):
        try:
            first = orjson.loads(line[0])
        except ValueError:
            continue
        break
    return Sample(path, head, first)


_LINE = re.compile(rb"[^\n]+")
