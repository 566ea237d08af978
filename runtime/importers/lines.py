"""Records of line-based formats: one JSON value a line, whatever state the line is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from runtime.importers.record import Record, Rejected, Source

MAX_LINE_BYTES = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


def json_lines(source: Source) -> Iterator[Record | Rejected]:
    """Each line of ``source`` as a record; blank lines are skipped; a bad line is rejected and the rest goes on.

    A last line without a line end that does not parse is still being written: it is rejected as *pending*.
    """
    loads = orjson.loads
    for span, raw, closed in source.lines():
        try:
            value = loads(raw)
        except ValueError:
            if not raw.strip(b" \t\r") and span.length <= MAX_LINE_BYTES:
                continue
            if span.length > MAX_LINE_BYTES:
                yield Rejected(span, f"a line of {span.length:,} bytes; the limit is {MAX_LINE_BYTES:,}")
                continue
            try:
                value = parse(raw.removeprefix(_BOM) if span.offset == 0 else raw)
            except ValueError as error:
                reason = str(error) if closed else f"incomplete last line, held back until it is complete ({error})"
                yield Rejected(span, reason, pending=not closed)
                continue
        yield Record(span, raw, value)


def parse(text: bytes) -> Any:
    """JSON as found in the wild: also NaN, Infinity and lone surrogates. Raises ValueError saying what is wrong."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as strict:
        if b"\x00" in text[:64] and text[:2] in (b"\xff\xfe", b"\xfe\xff") or text[1:2] == b"\x00":
            raise ValueError("not UTF-8 (looks like UTF-16)") from None
        try:
            decoded = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"not UTF-8 at byte {error.start}") from None
        try:
            return json.loads(decoded)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except ValueError:
            raise ValueError(f"not JSON: {strict.msg} at byte {strict.pos}") from None
