"""Images made byte by byte, honest ones and others; and messages that hold them."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from runtime.event import Draft
from tests.support.builders import START_US, THREAD

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG, with the sum that it must have."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(wide: int, high: int, depth: int = 8, colour: int = 2, *, interlaced: int = 0) -> bytes:
    """What a PNG says of itself."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, depth, colour, 0, 0, interlaced))


def pixels(wide: int, high: int) -> bytes:
    """Rows of red, green and blue that differ from pixel to pixel, as they are before they are deflated."""
    rows = [[(x * 7 % 256, y * 5 % 256, x * y % 256) for x in range(wide)] for y in range(high)]
    return b"".join(bytes([0, *(part for pixel in row for part in pixel)]) for row in rows)


def png(wide: int = 64, high: int = 32, *, between: bytes = b"", data: bytes | None = None) -> bytes:
    """A PNG; with chunks ``between`` its header and its pixels, or with other ``data`` than its pixels."""
    deflated = zlib.compress(pixels(wide, high)) if data is None else data
    return SIGNATURE + header(wide, high) + between + chunk(b"IDAT", deflated) + chunk(b"IEND", b"")


def image_message(number: int, data: bytes | str, media: str = "image/png", text: str = "Look at this:") -> Draft:
    """A message of the user's: words, and an image; ``data`` that is text stands there as it is."""
    source: dict[str, Any] = {"type": "base64", "media_type": media}
    source["data"] = data if isinstance(data, str) else base64.b64encode(data).decode()
    blocks = [{"type": "text", "text": text}, {"type": "image", "source": source}, {"type": "text", "text": "Why?"}]
    payload = {"id": f"sevt_{number:06d}", "type": "user.message", "content": blocks}
    return Draft(payload, THREAD, START_US + number * 1_000)
