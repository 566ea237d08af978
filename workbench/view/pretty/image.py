"""What can be said of an image without showing it: its type, its size, and its pixels where its first bytes say so.

Where they do, the image has a name by which it can be shown (`workbench.view.graphics.showing`).
"""

from __future__ import annotations

import binascii
import re
import struct
from base64 import b64decode
from hashlib import blake2b

from runtime.event import Json
from workbench.view import words
from workbench.view.pretty.picture import Picture
from workbench.view.text import shown

LOOKED_AT = 64 * 1024
"""So much of an image, as base64, is decoded to find its pixels."""
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


def image_words(block: Json) -> str:
    """``image/png · 84.2 KiB · 800 × 600``; or where the image is, if it is not here."""
    source = block.get("source")
    if not isinstance(source, dict):
        return "image"
    kind = source.get("media_type")
    named = shown(kind[:60]) if isinstance(kind, str) and kind else str(block.get("type") or "image")[:20]
    data = source.get("data")
    if isinstance(data, str):
        size = pixels(data)
        said = [shown(named), words.size(len(data) * 3 // 4 - data[-2:].count("="))]
        return " · ".join([*said, f"{size[0]:,} × {size[1]:,}"] if size else said)
    where = next((source[key] for key in ("url", "file_id") if isinstance(source.get(key), str)), "")
    return f"{shown(named)} · {shown(where[:300])}" if where else shown(named)


def picture_of(block: Json) -> Picture | None:
    """The image itself, if it is here and one that could be shown."""
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    size = pixels(data) if isinstance(data, str) else None
    if not isinstance(data, str) or size is None or not min(size):
        return None
    return Picture(blake2b(data.encode("utf-8", "replace"), digest_size=8).hexdigest(), data, size)


def suffix(image: bytes) -> str:
    """How a file with this image ends, by what it is and not by what it was said to be."""
    starts = {b"\x89PNG": "png", b"GIF8": "gif", b"\xff\xd8": "jpg", b"RIFF": "webp"}
    return next((kind for start, kind in starts.items() if image.startswith(start)), "bin")


def pixels(data: str) -> tuple[int, int] | None:
    """Width and height of an image in base64, if it is a PNG, GIF, JPEG or WebP that says so early."""
    head = data[: LOOKED_AT // 4 * 4]
    if _NO_BASE64.search(head):
        return None
    try:
        start = b64decode(head[: len(head) // 4 * 4])
    except binascii.Error:
        return None
    try:
        return _pixels(start)
    except struct.error:
        return None


def _pixels(start: bytes) -> tuple[int, int] | None:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack_from(">II", start, 16)
    if start.startswith((b"GIF87a", b"GIF89a")):
        return struct.unpack_from("<HH", start, 6)
    if start.startswith(b"\xff\xd8"):
        return _of_jpeg(start)
    return _of_webp(start) if start[:4] == b"RIFF" else None


def _of_webp(start: bytes) -> tuple[int, int] | None:
    """Its three kinds: extended, lossy, lossless."""
    kind = start[8:16]
    if kind == b"WEBPVP8X" and len(start) >= 30:
        return 1 + int.from_bytes(start[24:27], "little"), 1 + int.from_bytes(start[27:30], "little")
    if kind == b"WEBPVP8 ":
        wide, high = struct.unpack_from("<HH", start, 26)
        return wide & 0x3FFF, high & 0x3FFF
    if kind == b"WEBPVP8L":
        bits = struct.unpack_from("<I", start, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def _of_jpeg(start: bytes) -> tuple[int, int] | None:
    """The first frame's header; segments before it are stepped over."""
    at = 2
    while at + 9 <= len(start) and start[at] == 0xFF:
        kind, size = start[at + 1], struct.unpack_from(">H", start, at + 2)[0]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", start, at + 5)
            return width, height
        at += 2 + max(2, size)
    return None
