"""Where the elements of a JSON document stand, byte for byte.

A parsed document has forgotten its bytes. The standard library's scanner tells where each value ends; as Latin-1, a
document has one character per byte, so those places are byte offsets. The values themselves are then parsed from the
bytes by the ordinary parser.

    for key, start, end in members(text, 0): ...      # of an object
    for start, end in elements(text, start): ...      # of a list
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from runtime.importers.lines import parse
from runtime.importers.record import Record, Rejected, Span

_scan = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]  # the stubs leave it out
_blank = re.compile(r"[ \t\r\n]*")


class Document:
    """A JSON document and the places in it. Raises ValueError where the document is not JSON."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.text = data.decode("latin-1")
        self.start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self._newlines: list[int] | None = None

    def members(self, start: int) -> Iterator[tuple[str, int, int]]:
        """``(key, start, end)`` of each member of the object that begins at ``start`` (blanks before it allowed)."""
        at = self._expect("{", start)
        if self._peek(at) == "}":
            return
        while True:
            key_start = self._skip(at)
            key_end = self._value(key_start)[1]
            at = self._expect(":", key_end)
            start = self._skip(at)
            at = self._value(start)[1]
            yield str(parse(self.data[key_start:key_end])), start, at
            at = self._skip(at)
            if self.text[at : at + 1] == "}":
                return
            at = self._expect(",", at)

    def elements(self, start: int) -> Iterator[tuple[int, int]]:
        """``(start, end)`` of each element of the list that begins at ``start`` (blanks before it allowed)."""
        at = self._expect("[", start)
        if self._peek(at) == "]":
            return
        while True:
            start = self._skip(at)
            at = self._value(start)[1]
            yield start, at
            at = self._skip(at)
            if self.text[at : at + 1] == "]":
                return
            at = self._expect(",", at)

    def record(self, start: int, end: int, place: str) -> Record | Rejected:
        """The value between ``start`` and ``end`` as a record."""
        span = Span(start, end - start, self.line(start))
        raw = self.data[start:end]
        try:
            return Record(span, raw, parse(raw), place)
        except ValueError as error:
            return Rejected(span, f"{place}: {error}")

    def line(self, offset: int) -> int:
        """The line (from 1) on which ``offset`` stands."""
        if self._newlines is None:
            self._newlines = [match.start() for match in re.finditer(b"\n", self.data)]
        return bisect_right(self._newlines, offset - 1) + 1

    def _skip(self, at: int) -> int:
        match = _blank.match(self.text, at)
        return match.end() if match else at

    def _peek(self, at: int) -> str:
        at = self._skip(at)
        return self.text[at : at + 1]

    def _expect(self, mark: str, at: int) -> int:
        at = self._skip(at)
        if self.text[at : at + 1] != mark:
            raise ValueError(f"not JSON: expected {mark!r} at byte {at}")
        return at + 1

    def _value(self, at: int) -> tuple[object, int]:
        try:
            found: tuple[object, int] = _scan(self.text, at)
            return found
        except StopIteration:
            raise ValueError(f"not JSON: no value at byte {at} (is the document cut off?)") from None
        except RecursionError:
            raise ValueError(f"nested too deeply at byte {at}") from None
