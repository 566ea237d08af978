"""Pictures in a terminal: which way there is to show them, how large they come out, and what stands for them in lines.

A line that speaks of an image carries the image's name in its role (`workbench.view.pretty.picture`). Whoever lays
lines out puts the rows of cells that show it above. Everything about the image is untrusted: what cannot be shown, for
whatever reason, is `NoPicture`, whose words go where the picture would have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from workbench.view.pretty.picture import PREFIX
from workbench.view.text import Line

SIXEL_PREFIX = "sixel:"
"""How the role of a line begins over which pixels are drawn; what the terminal is told for that follows."""
KITTY, SIXEL, BLOCKS, OFF, AUTO = "kitty", "sixel", "blocks", "off", "auto"

MOST_CELLS, MOST_LINES = 160, 40
USUAL_CELL = (8, 16)
"""Pixels of a cell, where the terminal does not say."""

_PLACEHOLDERS = ("xterm-kitty", "xterm-ghostty")
"""TERM of terminals that know Unicode placeholders, in the versions that also tell of their size in band: kitty since
0.36. TERM goes along through ssh and is not inherited by other terminals, as KITTY_WINDOW_ID is."""


class Drawn(NamedTuple):
    """A picture, ready to be shown."""

    rows: list[Line]
    sent: str = ""
    """What the terminal is told first."""
    gone: str = ""
    """What it is told when the rows are not on the screen any more."""


class Frame(NamedTuple):
    """Where a picture goes: cells, and how large each is."""

    cells: int
    lines: int
    cell: tuple[int, int] = USUAL_CELL

    @property
    def pixels(self) -> tuple[int, int]:
        """So many are there."""
        return self.cells * self.cell[0], self.lines * self.cell[1]


def frame(pixels: tuple[int, int], cells: int, lines: int, cell: tuple[int, int]) -> Frame:
    """The cells for an image of so many ``pixels``: never more than its own size, its shape kept, whole cells."""
    wide, high = max(1, pixels[0]), max(1, pixels[1])
    most_cells, most_lines = max(1, min(cells, MOST_CELLS)), max(1, min(lines, MOST_LINES))
    scale = min(1.0, most_cells * cell[0] / wide, most_lines * cell[1] / high)
    return Frame(
        min(most_cells, max(1, round(wide * scale / cell[0]))),
        min(most_lines, max(1, round(high * scale / cell[1]))),
        cell,
    )


def way(setting: str, environment: Mapping[str, str], *, sizes_in_band: bool, colours: bool) -> str:
    """How pictures are shown; `AUTO` where that is not known yet: the terminal may still say that it tells its size.

    Inside tmux or screen nothing but cells with colours is sure to come through.
    """
    if setting != AUTO:
        return setting
    term, inside = environment.get("TERM", ""), environment.get("TMUX") or environment.get("STY")
    if not inside and term in _PLACEHOLDERS:
        return KITTY if sizes_in_band else AUTO
    if not inside and (term.startswith("foot") or environment.get("TERM_PROGRAM") == "WezTerm"):
        return SIXEL
    return BLOCKS if colours else OFF


def without_waiting(colours: bool) -> str:
    """What becomes of `AUTO` when the terminal has not said anything in a while."""
    return BLOCKS if colours else OFF


def name_in(line: Line) -> str:
    """The name of the picture that ``line`` speaks of; empty if of none."""
    return next((role[len(PREFIX) :] for _, role in line if role.startswith(PREFIX)), "")
