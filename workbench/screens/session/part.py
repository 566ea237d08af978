"""What a part of the session's screen is. It is owned by the screen, and reaches the others through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen


class Part:
    """Does one thing. A method named as an action in `workbench.keys` is what those keys do: `SessionScreen.do`."""

    def __init__(self, screen: SessionScreen) -> None:
        self.screen = screen

    def start(self) -> None:
        """The widgets are there; nothing is painted yet."""

    def close(self) -> None:
        """The screen goes: stop what is under way, let go of what is open."""

    def moved(self, by_hand: bool) -> None:
        """The cursor is on another event."""

    def words(self) -> Line:
        """What the line below says of this part, beside the others."""
        return []

    def why_not(self, action: str) -> str:
        """Why this part cannot do one of its actions now; nothing where it can."""
        return ""

    def step_back(self) -> bool:
        """One step back was asked for: end what this part has under way. False if it has nothing."""
        return False
