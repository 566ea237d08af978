"""Sessions written out for somebody: on a lane, said how far it is, until it is done or somebody stops it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runtime.errors import WorkbenchError
from runtime.store import Store
from workbench.screens.lane_screen import LaneScreen
from workbench.view import words
from workbench.view.text import shown

if TYPE_CHECKING:
    from workbench.view.sessions.parcels import Parcel, Wish

USUAL = "share ."
"""How and where sessions are written if nobody says otherwise (`workbench.view.sessions.parcels`)."""
HINT = "share FOLDER (secrets masked), or as they are: jsonl FOLDER, parquet FOLDER"


class Writing:
    """Made by a screen, which it speaks through."""

    def __init__(self, screen: LaneScreen, store: Store) -> None:
        self._screen, self._store = screen, store
        self._lane = screen.lane("write")
        self._now: Wish | None = None
        """What is being written; an errand that was stopped may still be at its last session."""

    @property
    def on(self) -> bool:
        """Whether something is being written."""
        return self._now is not None

    def begin(self, ids: Sequence[str], text: str, seq: int | None = None) -> None:
        """Write sessions as ``text`` says, or say why that is no way to; one that is shared opens at event ``seq``."""
        from workbench.view.sessions.parcels import wish

        try:
            asked = wish(text)
        except WorkbenchError as error:
            self._screen.say(shown(str(error)), "error")
            return
        self._now = asked
        self._lane.run(lambda: self._written(list(ids), asked, seq), self._screen.say)

    def _written(self, ids: list[str], asked: Wish, seq: int | None) -> str:
        from workbench.view.sessions.parcels import parcels, told

        done: list[Parcel] = []

        def say(count: int) -> None:
            self._lane.tell(lambda: self._say_progress(asked, count, len(ids)))

        say(0)
        try:
            for parcel in parcels(self._store, ids, asked, lambda: self._now is asked and not self._lane.closed, seq):
                done.append(parcel)
                say(len(done))
        finally:
            self._lane.tell(lambda: self._ended(asked))
        return told(asked, done, len(ids), seq)

    def _say_progress(self, asked: Wish, done: int, count: int) -> None:
        if self._now is asked:
            self._screen.say(f"writing {words.count(count, 'session')}: {done:,} done …  (esc stops)", "muted")

    def _ended(self, asked: Wish) -> None:
        if self._now is asked:
            self._now = None

    def stop(self) -> bool:
        """Stop after the session that is being written; whether any was."""
        was, self._now = self.on, None
        return was
