"""Facets: a list of values and how often they occur, to filter by one of them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from workbench import keys
from workbench.view.filter.facets import Facet, facet_line
from workbench.view.text import Line
from workbench.widgets.bar import Bar
from workbench.widgets.line_list import LineList


class FacetList(LineList):
    """A line for each value."""

    def __init__(self, facets: list[Facet], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.facets = facets
        self._most = {facet.field: facet.events for facet in reversed(facets)}

    def line(self, index: int) -> Line:
        """See `LineList`."""
        facet = self.facets[index]
        first = not index or self.facets[index - 1].field != facet.field
        return facet_line(facet, first, self._most[facet.field], self.line_cells)


class FacetsScreen(Screen[str | None]):
    """Ends with the filter of the value that was chosen, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("facets"))

    def __init__(self, facets: list[Facet], of: str = "events") -> None:
        """``of`` says what was counted."""
        super().__init__()
        self._facets, self._of = facets, of

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield FacetList(self._facets, id="list")
        yield Bar(id="status", classes="bar")

    def on_mount(self) -> None:
        """Show them."""
        self.query_one("#location", Bar).show([("facets", "strong"), (f"   of the {self._of} that are shown", "faint")])
        self._list = self.query_one(FacetList)
        self._list.resize_to(len(self._facets))
        self._list.focus()

    def on_resize(self) -> None:
        """The bar is made for a width."""
        footer = keys.footer(self.size.width - 4, "move", "facets", "app")
        self.query_one("#status", Bar).show([], [(footer, "faint")])

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_choose()

    def action_choose(self) -> None:
        """Filter by what is under the cursor."""
        self.dismiss(self._facets[self._list.cursor].term)

    def action_back(self) -> None:
        """Leave the filter as it is."""
        self.dismiss(None)
