"""A scroll bar that is drawn anew only when it looks different: on a long session, not at every line."""

from __future__ import annotations

from typing import cast

from rich.segment import Segment
from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from workbench.theme import in_ascii_alone

EIGHTHS = 8
"""Of a cell: as fine as the bar's ends are drawn."""


class SlimBar(ScrollBar):
    """Looks and behaves as Textual's."""

    def __init__(self) -> None:
        super().__init__(vertical=True, name="vertical", thickness=1)
        self._drawn_as: tuple[object, ...] = ()
        self._finished: list[Strip] = []

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._drawn_as = ()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the last time, where those are the same."""
        height, hidden = self.size.height, self.window_virtual_size - self.window_size
        start = int(height * EIGHTHS * self.position / hidden) if hidden > 0 else 0
        look = (height, self.window_virtual_size, self.window_size, start, self.mouse_over, bool(self.grabbed))
        if look != self._drawn_as:
            self._drawn_as, self._finished = look, self._draw(height)
        return self._finished[crop.y : crop.bottom]

    def _draw(self, height: int) -> list[Strip]:
        bar = cast(ScrollBarRender, self.render())
        style = self.app.console.get_style(bar.style)
        assert style.color is not None and style.bgcolor is not None, "a scroll bar has two colours"
        segments: list[Segment] = list(
            bar.render_bar(
                height, bar.virtual_size, bar.window_size, bar.position, 1, True, style.bgcolor, style.color
            ).segments
        )
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        if in_ascii_alone(self.app):  # ends of a bar that are finer than a cell are drawn with glyphs
            segments = [Segment(" ", segment.style) for segment in segments]
        return [Strip([segment], 1) for segment in segments]
