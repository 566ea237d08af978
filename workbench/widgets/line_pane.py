"""A pane of lines, drawn one at a time and only where somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from workbench.keys import bindings
from workbench.widgets.ink import Inks, lines_of
from workbench.widgets.scroll_bar import SlimBar

KEPT_STRIPS = 1_024


class LinePane(ScrollView, can_focus=True):
    """Lines that can be moved over. Subclasses say how many there are, and what stands in each."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings("move"))
    ALLOW_SELECT = False
    BAR: ClassVar[type[SlimBar]] = SlimBar
    """What stands at its right edge."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.shift = 0
        """How many cells the eye is to the right of where lines begin."""
        self._strips: OrderedDict[object, Strip] = OrderedDict()
        self._drawn_cells = 0
        self._extent = 0
        self._inks: dict[str, Inks] = {}

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """See `SlimBar`; made when it is first asked for, as Textual's own is."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = self.BAR()
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def cells(self) -> int:
        """The width that lines have."""
        return self.scrollable_content_region.width

    def inks(self, over: str = "") -> Inks:
        """What lines are drawn with, on the pane's ground or on what role ``over`` makes of it."""
        inks = self._inks.get(over)
        if inks is None:
            inks = self._inks[over] = Inks(self, over)
        return inks

    def kept(self, key: object) -> Strip | None:
        """A finished line, if it was drawn lately."""
        strip = self._strips.get(key)
        if strip is not None:
            self._strips.move_to_end(key)
        return strip

    def keep(self, key: object, strip: Strip) -> Strip:
        """Remember a finished line."""
        self._strips[key] = strip
        while len(self._strips) > KEPT_STRIPS:
            self._strips.popitem(last=False)
        return strip

    @property
    def laid_out(self) -> bool:
        """Whether the pane knows its size: before that, where it is scrolled to means nothing."""
        return self._drawn_cells > 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `lines_of`."""
        return super().render_lines(crop) if any(self.styles.gutter) else lines_of(self, crop)

    def redraw(self) -> None:
        """Every line anew: what lines look like has changed."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """The theme or the focus changed."""
        self._strips.clear()
        self._inks.clear()
        super().notify_style_update()

    def set_extent(self, lines: int) -> None:
        """There are so many lines to scroll over.

        Assigning ``virtual_size`` would lay the whole screen out anew, ten times a second while following. Nothing
        can move here: the scroll bar's column is always kept free.
        """
        self._extent = lines
        size = Size(0, max(lines, self.container_size.height))
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            if self.laid_out:
                self.vertical_scrollbar.window_virtual_size = size.height
                self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def on_resize(self) -> None:
        """Lines are made for a width."""
        self.set_extent(self._extent)
        if self.cells != self._drawn_cells:
            self._drawn_cells = self.cells
            self.width_changed()

    def width_changed(self) -> None:
        """Called when `cells` has changed."""
        self.redraw()

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def height(self) -> int:
        """How many lines are in sight."""
        return max(1, self.scrollable_content_region.height)

    def show_from(self, top: float) -> None:
        """Scroll so that line ``top`` is the first in sight; at once."""
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def move(self, lines: int) -> None:
        """Move by some lines, up if negative."""
        raise NotImplementedError

    def move_to_end(self, *, last: bool) -> None:
        """Move to the first or the last line."""
        raise NotImplementedError

    def action_down(self) -> None:
        """See `workbench.keys`, as for all that follow."""
        self.move(1)

    def action_up(self) -> None:
        self.move(-1)

    def action_half_down(self) -> None:
        self.move(max(1, self.height // 2))

    def action_half_up(self) -> None:
        self.move(-max(1, self.height // 2))

    def action_page_down(self) -> None:
        self.move(max(1, self.height - 1))

    def action_page_up(self) -> None:
        self.move(-max(1, self.height - 1))

    def action_top(self) -> None:
        self.move_to_end(last=False)

    def action_bottom(self) -> None:
        self.move_to_end(last=True)

    def action_right(self) -> None:
        self._slide(self.cells // 2)

    def action_left(self) -> None:
        self._slide(-(self.cells // 2))

    def _slide(self, cells: int) -> None:
        shift = min(max(0, self.shift + cells), self.longest())
        if shift != self.shift:
            self.shift = shift
            self.redraw()

    def longest(self) -> int:
        """How far there is anything to the right."""
        return 0
