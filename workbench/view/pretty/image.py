"""What can be said of an image without showing it: its type, its size, and its pixels where its first bytes say so."""

from __future__ import annotations

import binascii
import re
import struct
from base64 import b64decode

from runtime.event import Json
from workbench.view import words
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
    if start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8X":
        return tuple(1 + int.from_bytes(start[at : at + 3], "little") for at in (24, 27))  # type: ignore[return-value]
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
