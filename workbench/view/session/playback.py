"""Playing a session back: its events again, at the moments at which they happened. Nothing runs.

    STILL ──space──▶ PLAYING ──space, any move, the end──▶ STILL

A machine without a clock of its own: it is told what time it is (`Playback.tick`) and says on which event one is then.
What takes long to happen is shortened by the speed; a time in which nothing happened at all, to a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from workbench.view import words
from workbench.view.glyphs import PLAYING
from workbench.view.text import Line
from workbench.view.timeline.tiles import STALL_US

SPEEDS = (1, 2, 5, 20, 100, 1_000)
WHOLE_SECONDS = 60
"""By default a session takes about so long."""
MOMENT_SECONDS = 0.5
"""What is left of a time in which nothing happened."""
SAID_SECONDS = 2.0
"""How long it is said that such a time was skipped."""
BEHIND_SECONDS = 1.0
"""Who could not keep up for longer does not hurry after."""
AT_ONCE = 4_096
"""No more events go by in one tick."""


class Reel(Protocol):
    """The events that are played back."""

    def after(self, seq: int, step: int) -> int | None:
        """The next event, or with ``step`` -1 the one before; None where there is none."""
        ...

    def here(self, seq: int) -> bool:
        """Whether it is known when the event happened; if not, it will be."""
        ...

    def time_us(self, seq: int) -> int | None:
        """When that was; None where nobody knows."""
        ...


def speed_for(took_us: int) -> int:
    """The slowest at which so much is over in about a minute."""
    return next((speed for speed in SPEEDS if took_us <= 1.25 * speed * WHOLE_SECONDS * words.SECOND_US), SPEEDS[-1])


class Playback:
    """On which event one is, while time goes by."""

    def __init__(self, reel: Reel) -> None:
        self.reel = reel
        self.playing = False
        self.speed = 0
        """Times as fast as it happened; 0 until it is played for the first time."""
        self.stall_us = STALL_US
        """A longer time than this without an event is not waited for."""
        self._since = 0.0
        """When the event that one is on was due."""
        self._latest_us: int | None = None
        self._skipped_us, self._said_until = 0, 0.0

    def play(self, now: float, usual: Callable[[], int]) -> None:
        """Go on from here; at speed ``usual`` if none was chosen."""
        self.playing, self._since, self._latest_us, self._said_until = True, now, None, 0.0
        self.speed = self.speed or usual()

    def pause(self) -> None:
        """Stand still."""
        self.playing = False

    def change(self, step: int, now: float, usual: Callable[[], int]) -> None:
        """Play faster, or slower. What is left of a wait shrinks or grows with it."""
        before = self.speed or usual()
        index = max(0, min(SPEEDS.index(before) + step, len(SPEEDS) - 1))
        self.speed = SPEEDS[index]
        self._since = now - (now - self._since) * before / self.speed

    def tick(self, seq: int, now: float) -> int:
        """It is ``now``, and one is on ``seq``: on which event one should be. Stands still after the last."""
        reel = self.reel
        if not reel.here(seq):
            self._since = now
            return seq
        for _ in range(AT_ONCE):
            following = reel.after(seq, 1)
            if following is None:
                self.pause()
                break
            if not reel.here(following):
                self._since = max(self._since, now)  # nothing is missed for its being late
                break
            gap_us = self._gap_us(seq, following)
            due = self._since + self._wait_seconds(gap_us)
            if due > now:
                break
            self._since = max(due, now - BEHIND_SECONDS)
            self._passed(following, gap_us, now)
            seq = following
        return seq

    def _gap_us(self, seq: int, following: int) -> int:
        """How long it took; a clock that goes back takes no time."""
        before = self._latest_us if self._latest_us is not None else self.reel.time_us(seq)
        then = self.reel.time_us(following)
        return max(0, then - before) if before is not None and then is not None else 0

    def _wait_seconds(self, gap_us: int) -> float:
        seconds = gap_us / words.SECOND_US / self.speed
        return min(seconds, MOMENT_SECONDS) if gap_us >= self.stall_us else seconds

    def _passed(self, seq: int, gap_us: int, now: float) -> None:
        then = self.reel.time_us(seq)
        if then is not None:
            self._latest_us = max(then, self._latest_us or then)
        if gap_us >= self.stall_us and gap_us / words.SECOND_US / self.speed > MOMENT_SECONDS:
            self._skipped_us, self._said_until = gap_us, now + SAID_SECONDS

    def badge(self, now: float) -> Line:
        """``▷ 20×``, and for a while what was skipped."""
        if not self.playing:
            return []
        line: Line = [(f"{PLAYING} {self.speed:,}×   ", "accent")]
        if now < self._said_until:
            line.insert(0, (f"skipped {words.duration_short(self._skipped_us)}   ", "muted"))
        return line
