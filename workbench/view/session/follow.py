"""Following a session: an explicit state, never guessed from where a list happens to be scrolled.

    FOLLOWING ──(any move up, or f)──▶ HELD ──(G, or f)──▶ FOLLOWING
    LOST    its writer is gone in the middle of a turn
    ENDED   its writer is gone, and the last turn is over
    DELETED somebody deleted it: what was read of it is still here

A session whose writer comes back (woken, resumed) is live again, and held where somebody was reading.
"""

from __future__ import annotations

from enum import StrEnum

from workbench.view import glyphs


class State(StrEnum):
    """What a session's badge says."""

    FOLLOWING = "following"
    HELD = "held"
    LOST = "lost"
    ENDED = "ended"
    DELETED = "deleted"

    @property
    def glyph(self) -> str:
        """One cell that says the same."""
        return str(getattr(glyphs, self.name))

    @property
    def words(self) -> str:
        """What the badge says beside the glyph."""
        return {"following": "live, following", "held": "live, held", "lost": "writer gone"}.get(self, str(self))

    @property
    def role(self) -> str:
        """The badge's colour."""
        return {"ended": "faint", "lost": "error", "deleted": "error"}.get(self, "live")


class Follow:
    """Whether the eye stays on the last event, and what came since it stopped doing so."""

    def __init__(self, count: int, *, live: bool, in_turn: bool) -> None:
        self.count = self.seen = count
        self.gone = 0
        """Of the events that came while held, how many were replaced by later ones."""
        self.at_tail = True
        self.live, self.in_turn = live, in_turn
        self.deleted = False

    @property
    def state(self) -> State:
        """The state now."""
        if self.deleted:
            return State.DELETED
        if not self.live:
            return State.LOST if self.in_turn else State.ENDED
        return State.FOLLOWING if self.at_tail else State.HELD

    @property
    def new(self) -> int:
        """Events that came while held."""
        return 0 if self.at_tail else self.count - self.seen - self.gone

    def grown(self, count: int) -> bool:
        """The session has ``count`` events now; whether the cursor should go to the last."""
        self.count = count
        if self.at_tail:
            self.seen = count
        return self.at_tail and self.live

    def hold(self) -> None:
        """Somebody reads elsewhere."""
        if self.at_tail:
            self.at_tail, self.seen, self.gone = False, self.count, 0

    def resume(self) -> None:
        """Back to the tail."""
        self.at_tail, self.seen = True, self.count
