"""Lines as a terminal draws them, made once: a frame only puts them together.

Textual would resolve the styles of a line in five passes, a copy of the line each, and filter all lines in sight again
for every frame. Ours know what each role comes to on their ground, filters (``NO_COLOR``, say) included.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench.theme import in_ascii_alone, paint, role_styles
from workbench.view.glyphs import in_ascii
from workbench.view.pretty.picture import PREFIX
from workbench.view.text import Line

PAINTED = ("#", "@")
"""How roles of a picture's cells begin: see `workbench.theme.paint`."""


class Inks(dict[str, Style]):
    """By role, how its text is drawn on one ground in one widget; good until the widget's style changes."""

    def __init__(self, widget: Widget, over: str = "") -> None:
        """The ground is the widget's own, with the style of role ``over`` upon it."""
        super().__init__()
        self._roles = role_styles(widget.app)
        self._filters = widget.get_line_filters()
        self._background = widget.background_colors[1]
        self._ground = widget.rich_style + self._roles.get(over)
        self._ascii = in_ascii_alone(widget.app)

    def __missing__(self, role: str) -> Style:
        if role[:1] in PAINTED:
            return self._ground + paint(role)  # exactly these colours, of which there are any number
        role, asked = ("muted", role) if role.startswith(PREFIX) else (role, role)
        segments = [Segment("x", self._ground + self._roles.get(role))]
        for line_filter in self._filters:
            segments = line_filter.apply(segments, self._background)
        style = self[asked] = segments[0].style or Style.null()
        return style

    def strip(self, line: Line, cells: int) -> Strip:
        """``line`` in exactly ``cells`` cells."""
        if self._ascii:
            line = [(in_ascii(text), role) for text, role in line]
        segments = [Segment(text, self[role]) for text, role in line]
        used = sum([cell_len(text) for text, _ in line])
        if used < cells:
            segments.append(Segment(" " * (cells - used), self[""]))
        strip = Strip(segments, max(used, cells))
        return strip if used <= cells else strip.crop(0, cells)

    def blank(self, cells: int) -> Strip:
        """Nothing, in so many cells."""
        return Strip.blank(cells, self[""])


def lines_of(widget: Widget, crop: Region) -> list[Strip]:
    """The lines of a widget as its `render_line` makes them: finished, for they come from `Inks`.

    Ours have no tint, no title, no links and hardly ever a border; to look for them takes longer than to draw a line.
    """
    render_line = widget.render_line
    strips = [render_line(y) for y in crop.line_range]
    left, right = crop.column_span
    return [strip.crop(left, right) for strip in strips]
