"""A screen whose work is done on lanes; what they bring back arrives as a message, in order with keys and clicks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from textual.message import Message
from textual.screen import Screen

from runtime.errors import WorkbenchError
from workbench import crash
from workbench.view.lane import Lane
from workbench.view.text import shown
from workbench.widgets.prompt import Prompt

Result = TypeVar("Result")


class Delivered(Message):
    """Something to call on the thread that draws."""

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self.call = call


class LaneScreen(Screen[None]):
    """A screen with lanes."""

    BLANK = True
    """Nothing of the screen itself is seen: it need not be drawn line by line."""

    def __init__(self) -> None:
        super().__init__()
        self._lanes: list[Lane] = []
        self.prompt: Prompt | None = None
        self.retired = False
        """Nothing is to be expected of it any more."""

    @property
    def is_current(self) -> bool:
        """Whether anything of it is to be seen. Textual takes the screen below an opaque one for visible too, and would
        draw all of both again whenever something happens down there."""
        return super().is_current and (self.app.screen is self or self.app.screen.styles.background.a < 1)

    def lane(self, name: str) -> Lane:
        """A new lane of this screen."""
        lane = Lane(name, self.deliver, self.failed)
        self._lanes.append(lane)
        return lane

    @cached_property
    def opening(self) -> Lane:
        """Where sessions are opened from."""
        return self.lane("open")

    def deliver(self, call: Callable[[], None]) -> None:
        """Have ``call`` called on the thread that draws. Safe from any thread."""
        self.post_message(Delivered(call))

    def tell_terminal(self, sequence: str) -> None:
        """Write ``sequence`` to the terminal, between two frames. Safe from any thread."""

        def write() -> None:
            driver = self.app._driver
            if driver is not None:
                driver.write(sequence)
                driver.flush()

        self.deliver(write)

    def on_delivered(self, message: Delivered) -> None:
        """See `deliver`."""
        message.call()

    def failed(self, error: Exception) -> None:
        """Work went wrong, which ends nothing: one calm line, and a report where it is none of our own errors."""
        if isinstance(error, WorkbenchError):
            self.say(shown(str(error)), "error")
        else:
            path = crash.write_report(error)
            self.say(f"{crash.what(error)}" + (f"; the report is {path}" if path else ""), "error")

    def say(self, words: str, role: str = "text") -> None:
        """One line for whoever is looking."""
        raise NotImplementedError

    def retire(self) -> None:
        """Let go of everything; called again, do nothing."""
        if not self.retired:
            self.retired = True
            self.let_go()

    def let_go(self) -> None:
        """Close what is open."""
        for lane in self._lanes:
            lane.close()

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.retire()

    @property
    def pending(self) -> int:
        """How many results are still to come."""
        return 0 if self.retired else sum(lane.pending for lane in self._lanes)
