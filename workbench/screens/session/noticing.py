"""What looks wrong by itself: looked for once somebody stays, shown where it is, said when the cursor is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view.session.findings import Notices
from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen

STAYED_SECONDS = 1.0


class Noticing(Part):
    """Between `Notices`, which asks, and the screen that shows what was found."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self.notices = Notices(screen.source)

    def start(self) -> None:
        """See `Part`. A picture has no moment to stay: what is on it must not depend on how quick a machine is."""
        self.notices.start(self.screen.lane("notices"), self._came)
        if not self.screen.app.is_headless:
            self.screen.set_timer(STAYED_SECONDS, self._stayed)

    def close(self) -> None:
        """See `Part`."""
        self.notices.close()

    def words(self) -> Line:
        """See `Part`."""
        found = self.notices.words(self.screen.at)
        beside = self.screen.sifting.on or self.screen.finding.finder.search is not None
        return [("   ", ""), *found] if found and beside else found

    def _stayed(self) -> None:
        """Somebody is still here. While the session is written, it is looked through when it is not."""
        if self.screen.following.follow.live:
            self.screen.set_timer(STAYED_SECONDS, self._stayed)
        else:
            self.notices.look()

    def _came(self) -> None:
        self.screen.scrubbing.show_notices(self.notices.seqs)
        self.screen.describe()
