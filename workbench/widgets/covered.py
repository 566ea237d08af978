"""What holds other widgets and is never seen itself: it costs nothing to draw."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip


class Covered(Container):
    """A container whose children leave none of it free."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """None: every cell is a child's."""
        return []


class Framed(Container):
    """One of which nothing but a border is seen, which changes when its style does and at no other time."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._finished: dict[Region, list[Strip]] = {}

    def notify_style_update(self) -> None:
        """The theme, the focus or where the border is changed."""
        self._finished.clear()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the last time."""
        if crop not in self._finished:
            self._finished = {crop: super().render_lines(crop)}
        return self._finished[crop]
