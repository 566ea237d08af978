"""Images of the payload that is shown, as pictures: see `workbench.graphics`, imported for the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.graphics import Gallery


class Picturing(Part):
    """Between the payload's pane and its `Gallery`."""

    _gallery: Gallery | None = None

    def start(self) -> None:
        """See `Part`."""
        self.screen.reading.text.hung = self._hung

    def close(self) -> None:
        """See `Part`."""
        if self._gallery is not None:
            self._gallery.close()

    def _hung(self, lines: Sequence[Line], cells: int) -> Sequence[Line]:
        sheet = self.screen.reading.pane.sheet
        pictures = {} if sheet is None else sheet.pictures
        if self._gallery is None:
            if not pictures:
                return lines
            from workbench.graphics import Gallery

            self._gallery = Gallery(self.screen.reading.text, self.screen.lane("pictures"))
        return self._gallery.hung(lines, pictures, cells)
