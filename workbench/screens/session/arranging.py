"""How a session is laid out: as somebody had the last one, from one to the next and from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.grouping import Mode
from workbench.screens.session.part import Part
from workbench.view.session.event_lines import Times

if TYPE_CHECKING:
    from workbench.kept.remembered import Remembered, Value

DEFAULTS: dict[str, Value] = {
    "times": Times.BEGINNING.name, "wrap": True, "by_clock": False, "grouped": False,
    "zoomed": False,
}  # fmt: skip


class Arranging(Part):
    """Applies what is remembered, and remembers what is otherwise in the end."""

    _begun: dict[str, Value] | None = None

    @property
    def _remembered(self) -> Remembered:
        return self.screen.app.remembered  # type: ignore[attr-defined, no-any-return]  # the app is ours

    def start(self) -> None:
        """See `Part`."""
        screen, kept = self.screen, {name: self._remembered.layout(name, value) for name, value in DEFAULTS.items()}
        if kept["times"] in Times.__members__:
            screen.list.times = Times[str(kept["times"])]
        screen.reading.text.wrap = bool(kept["wrap"])
        screen.scrubbing.bar.timeline.by_clock = bool(kept["by_clock"])
        if kept["grouped"]:
            screen.grouping.turn_to(Mode.GROUPED)
        if kept["zoomed"]:
            screen.zooming.on = True
            screen.zooming.lay()
        self._begun = self._now()

    def close(self) -> None:
        """See `Part`: what nobody touched may have been touched in another app meanwhile."""
        if self._begun is not None:
            now = self._now()
            for name in [name for name in now if now[name] != self._begun[name]]:
                self._remembered.arrange(name, now[name])

    def _now(self) -> dict[str, Value]:
        screen = self.screen
        return {
            "times": screen.list.times.name,
            "wrap": screen.reading.text.wrap,
            "by_clock": screen.scrubbing.bar.timeline.by_clock,
            "zoomed": screen.zooming.on,
            "grouped": screen.grouping.mode is not Mode.FLAT,
        }
