"""Groups: all events, all of them under the model requests that made them, or the requests alone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view import words
from workbench.view.session.standing import Picked, Standing
from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen
    from workbench.view.session.groups import Groups
from workbench.view.session.source import OwnReader


class Mode(Enum):
    """How the list is arranged."""

    FLAT = "all events"
    GROUPED = "all events, under {heads}"
    HEADS = "only {heads}"


class Grouping(Part):
    """Between `Groups`, made on a lane of its own, and the list."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self.mode = Mode.FLAT
        self.groups: Groups | None = None
        self._reader = OwnReader(screen.source.store, screen.source.session_id)
        self._busy = False
        self._asked: tuple[Mode, int, Standing] | None = None
        self._shown: tuple[Mode, int, Standing] | None = None
        """What was asked for last, and what `_picked` is the answer to: mode, events, and which of them pass."""
        self._picked: Picked | None = None
        self._closed = False

    def start(self) -> None:
        """See `Part`."""
        self._lane = self.screen.lane("groups")

    def close(self) -> None:
        """See `Part`."""
        self._closed = True
        self._lane.close(self._reader.close)

    def words(self) -> Line:
        """See `Part`: that most lines are not shown."""
        if self.mode is not Mode.HEADS or self.groups is None:
            return []
        gap = "   " if self.screen.sifting.on else ""
        shown = words.number(self.screen.list.count)
        return [(f"{gap}only {self._heads}", "accent"), (f" → {shown}", "muted")]

    @property
    def _heads(self) -> str:
        return "turns" if self.groups is not None and self.groups.by_turns and self.groups.known else "model requests"

    # ── what the list shows ──────────────────────────────────────────────────────────────────────────────────────────

    def over(self, base: Picked | None) -> Picked | None:
        """What the list shows where a filter lets ``base`` through: what the mode makes of it, once that is known."""
        if self.mode is Mode.FLAT:
            return base
        source = self.screen.source
        self._asked = (self.mode, source.count, source.standing if base is None else base)
        if self._asked != self._shown:
            self._work()
        if self.mode is Mode.GROUPED and base is None:
            return None
        known = self._shown is not None and self._shown[0] is self.mode
        return self._picked if known and self._picked is not None else base

    def _work(self) -> None:
        """Learn on the lane what was asked for last; one thing at a time."""
        if self._busy or self._asked is None or self._closed:
            return
        from workbench.view.session.groups import Groups

        self._busy, asked = True, self._asked
        groups = self.groups = self.groups or Groups()

        def work() -> Picked | None:
            mode, count, base = asked
            groups.read(self._reader.now(), count, lambda: not self._closed)
            if mode is Mode.HEADS:
                return groups.only_heads(base)
            return groups.with_heads(base) if isinstance(base, Picked) else None

        self._lane.run(work, lambda picked: self._worked(asked, picked))

    def _worked(self, asked: tuple[Mode, int, Standing], picked: Picked | None) -> None:
        self._busy = False
        if self.mode is asked[0]:
            self._shown, self._picked = asked, picked
            self.screen.list.group(self.groups)
            if self.groups is not None:
                self.screen.list.come_to(self.groups.changed_from)
            if picked is not None:
                self._show(picked)
            if asked == self._asked:
                self.screen.describe()
        if self._asked != self._shown:
            self._work()

    def _show(self, picked: Picked) -> None:
        """Have the list show these; the cursor goes to the head that it was under."""
        events = self.screen.list
        seq = events.seq
        self.screen.sifting.show()
        if events.standing is picked and seq not in picked and events.count:
            events.put_cursor(max(0, picked.line(seq) - 1), by_hand=False)

    def grown(self) -> None:
        """The session has grown; a filter says so itself."""
        if self.mode is not Mode.FLAT and not self.screen.sifting.on:
            self.over(None)

    def open_for(self, seq: int) -> None:
        """Somebody goes to an event: where only heads are shown and it is none, show all."""
        shown = self.screen.list.standing
        if self.mode is Mode.HEADS and seq not in shown and self.screen.sifting.lets(seq):
            self.turn_to(Mode.GROUPED)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def next_grouping(self) -> None:
        """Flat, grouped, only heads."""
        modes = list(Mode)
        self.turn_to(modes[(modes.index(self.mode) + 1) % len(modes)])
        self.screen.say(self.mode.value.format(heads=self._heads))

    def turn_to(self, mode: Mode) -> None:
        """Have the list like this."""
        self.mode = mode
        self.screen.list.group(None if mode is Mode.FLAT else self.groups)
        self.screen.sifting.show()
