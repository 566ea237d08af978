"""Content: a text, or blocks of text, images and whatever else a message or a result may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.event import Json
from workbench.view.pretty.fields import field_lines
from workbench.view.pretty.image import image_words, picture_of
from workbench.view.pretty.picture import PREFIX
from workbench.view.pretty.portion import Portion
from workbench.view.text import Line

Said = Callable[[str, Portion], list[Line]]
"""How a text is shown."""


def content_lines(content: Any, portion: Portion, said: Said) -> list[Line]:
    """``content`` with an empty line between blocks."""
    if isinstance(content, str):
        return said(content, portion) if content else []
    if not isinstance(content, list):
        return field_lines(content, portion) if content is not None else []
    lines: list[Line] = []
    for block in content:
        if portion.spent:
            break
        if lines:
            lines.append([])
        lines += _block(block, portion, said)
    return lines


def _block(block: Any, portion: Portion, said: Said) -> list[Line]:
    if not isinstance(block, dict):
        return content_lines(block, portion, said) if isinstance(block, str) else field_lines(block, portion)
    if isinstance(block.get("text"), str):
        return said(block["text"], portion)
    if block.get("type") == "image" or _has_data(block.get("source")):
        return [_image(block, portion)]
    return field_lines(block, portion)


def _image(block: Json, portion: Portion) -> Line:
    """What it is; by the role of its first span it can be found again, to be shown."""
    portion.take("image")
    picture = picture_of(block)
    if picture is None:
        return [("▦ ", "muted"), (image_words(block), "muted")]
    portion.pictures[picture.name] = picture
    return [("▦ ", PREFIX + picture.name), (image_words(block), "muted")]


def _has_data(source: Any) -> bool:
    return isinstance(source, dict) and isinstance(source.get("data"), str)
