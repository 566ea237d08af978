"""Playing the session back: the cursor goes over it as it happened. Nothing runs."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from workbench.screens.session.part import Part
from workbench.view.session.playback import Playback, speed_for
from workbench.view.session.standing import BEYOND
from workbench.view.text import Line

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen

FRAME_SECONDS = 0.1


class Playing(Part):
    """Between a `Playback`, which says where one should be, and the screen that goes there."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self.clock = monotonic
        self.playback = Playback(self)
        self._timer: Timer | None = None
        self._moving = False

    def start(self) -> None:
        """See `Part`."""
        self.playback.stall_us = self.screen.stall_us

    def close(self) -> None:
        """See `Part`."""
        self._stop()

    def moved(self, by_hand: bool) -> None:
        """See `Part`: whoever moves wants to look, not to be carried on."""
        if not self._moving:
            self.pause()

    def badge(self) -> Line:
        """What stands above while it plays."""
        return self.playback.badge(self.clock())

    def pause(self) -> None:
        """Stand still, if it plays."""
        self.playback.pause()
        self._stop()

    def step_back(self) -> bool:
        """See `Part`: it stands still."""
        playing = self.playback.playing
        self.pause()
        if playing:
            self.screen.describe()
        return playing

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    # ── the events that are played: see `workbench.view.session.playback.Reel` ───────────────────────────────────────

    def after(self, seq: int, step: int) -> int | None:
        """The next line's event; where the timeline shows one thread, the next of that thread."""
        strand, events = self.screen.scrubbing.bar.timeline.strand, self.screen.list
        if strand is not None and self.screen.scrubbing.bar.timeline.follows_thread:
            return strand.beyond(seq, step)
        line = events.standing.line(seq + 1) if step > 0 else events.standing.line(seq) - 1
        found = events.standing.seq(line) if 0 <= line < events.count else BEYOND
        return found if found < BEYOND else None

    def here(self, seq: int) -> bool:
        """Whether its row is here; asks for it."""
        return self.screen.source.row(seq) is not None

    def time_us(self, seq: int) -> int | None:
        """When it happened."""
        row = self.screen.source.row(seq)
        return None if row is None else row.time_us

    def _usual(self) -> int:
        tiles, source = self.screen.scrubbing.bar.timeline.tiles, self.screen.source
        if source.start_us is None or source.end_us is None:
            return 1
        return speed_for(source.end_us - source.start_us - sum(tiles.gaps_us))

    def _go(self, seq: int) -> None:
        self._moving = True
        self.screen.list.put_seq(seq, by_hand=False)
        self._moving = False

    def _tick(self) -> None:
        if not self.playback.playing:
            return  # a tick that was on its way when it was stopped
        at = self.screen.at
        there = self.playback.tick(at, self.clock())
        if there != at:
            self._go(there)
            if self.screen.at == at:  # no line for it, nor for anything after it
                self.playback.pause()
        if not self.playback.playing:
            self._stop()
            self.screen.say("played to the end")
        else:
            self.screen.describe()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def play(self) -> None:
        """Play, or stand still; at the end, from the beginning."""
        if self.playback.playing:
            self.pause()
            self.screen.describe()
            return
        events = self.screen.list
        if not events.count:
            self.screen.say("there is nothing to play yet")
            return
        self.screen.following.follow.hold()
        if self.after(self.screen.at, 1) is None and (first := self.after(-1, 1)) is not None:
            self.screen.source.bring(first)
            self._go(first)
        self.playback.play(self.clock(), self._usual)
        self._timer = self.screen.set_interval(FRAME_SECONDS, self._tick)
        self.screen.say("")

    def faster(self) -> None:
        """Play faster."""
        self._change(1)

    def slower(self) -> None:
        """Play slower."""
        self._change(-1)

    def _change(self, step: int) -> None:
        self.playback.change(step, self.clock(), self._usual)
        self.screen.say("" if self.playback.playing else f"space plays it {self.playback.speed:,} times as fast")

    def one_on(self) -> None:
        """One event on."""
        self._one(1)

    def one_back(self) -> None:
        """One event back."""
        self._one(-1)

    def _one(self, step: int) -> None:
        self.pause()
        seq = self.after(self.screen.at, step)
        if seq is None:
            self.screen.say(f"this is the {'last' if step > 0 else 'first'} event")
        else:
            self.screen.list.put_seq(seq)
            self.screen.describe()
