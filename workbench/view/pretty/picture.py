"""An image of a payload that could be shown; what shows it is `workbench.view.graphics`, which is not needed before."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

PREFIX = "picture:"
"""A line that speaks of an image has its name, after this, for a role."""
MOST_PIXELS = 24_000_000
"""A terminal takes four bytes for each."""


class NoPicture(Exception):
    """Why an image is not shown, in words for whoever wanted to see it."""


class Picture:
    """An image: base64, if it is what it should be, and how large it says it is."""

    __slots__ = ("data", "name", "pixels")

    def __init__(self, name: str, data: str, pixels: tuple[int, int]) -> None:
        """The ``name`` is of our making: the same for the same data."""
        self.name, self.data, self.pixels = name, data, pixels

    def bytes(self) -> bytes:
        """The image itself, if it says that it is of a size that can be taken apart."""
        wide, high = self.pixels
        if wide * high > MOST_PIXELS:
            raise NoPicture(f"it has {wide:,} × {high:,} pixels, more than a terminal should be given")
        try:
            return b64decode(self.data, validate=True)
        except (Error, ValueError):
            raise NoPicture("it is not base64, or not all of it") from None
