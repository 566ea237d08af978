"""What is new: the session grows, and the screen keeps up with it or holds still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view.session.follow import Follow
from workbench.view.session.source import Pulse

if TYPE_CHECKING:
    from workbench.screens.session.screen import SessionScreen

TICK_SECONDS = 0.1
QUIET_TICKS = 5
"""A session that nobody writes to is looked at once in so many ticks."""
FLOODED_TICKS = 4
"""While more events come than fit in the list, the payload is renewed once in so many ticks."""

NOTHING_TO_FOLLOW = "nobody writes to this session now: there is nothing to follow"


class Following(Part):
    """Looks at the session ten times a second, and shows what came."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        source = screen.source
        self.follow = Follow(source.count, live=source.pulse.writer, in_turn=source.pulse.in_turn)
        self._ticks = 0
        self._flooded = False

    def start(self) -> None:
        """See `Part`."""
        events = self.screen.list
        if events.cursor < events.count - 1:
            self.follow.hold()
        events.looked_up = self._looked_up
        self._timer = self.screen.set_interval(TICK_SECONDS, self._tick)
        self.screen.call_after_refresh(self._learn_threads, 0)

    def close(self) -> None:
        """See `Part`."""
        self._timer.stop()

    def moved(self, by_hand: bool) -> None:
        """See `Part`."""
        if by_hand:
            self.follow_if_last()

    def follow_if_last(self) -> None:
        """Whoever goes to the last event follows; whoever goes anywhere else does not."""
        if self.screen.list.cursor >= self.screen.list.count - 1:
            self.follow.resume()
        else:
            self.follow.hold()

    def _looked_up(self) -> None:
        """The wheel went up: nothing may move under the eye now."""
        self.follow.hold()
        self.screen.describe()

    @property
    def busy(self) -> bool:
        """Whether this is a tick in which to do without what can wait: a page goes by in each, nobody reads that."""
        return self._flooded and self._ticks % FLOODED_TICKS != 0

    def _tick(self) -> None:
        self._ticks += 1
        if self.follow.live or self._ticks % QUIET_TICKS == 0:
            self.screen.source.look(self._seen)

    def _seen(self, pulse: Pulse) -> None:
        screen, follow = self.screen, self.follow
        before = screen.list.events
        self._flooded = pulse.count - before > screen.list.height
        follow.live, follow.in_turn, follow.deleted = pulse.writer, pulse.in_turn, pulse.deleted
        if pulse.count > before:
            to_last = follow.grown(pulse.count)
            screen.grouping.grown()
            if not screen.sifting.grown(pulse):
                if pulse.standing is not screen.list.standing:
                    follow.gone = pulse.standing.gone_from(follow.seen)
                    screen.finding.finder.replaced(pulse.standing)
                screen.list.grow(to_last=to_last)
            self._learn_threads(before)
        screen.scrubbing.bar.look(calm=self.busy)
        screen.reading.want()  # not only when the list says that its cursor moved: one frame instead of two
        screen.describe()

    def _learn_threads(self, start: int) -> None:
        self.screen.source.learn_threads(start, self.screen.source.count, self._threads_known)

    def _threads_known(self) -> None:
        screen = self.screen
        if len(screen.source.threads) > 1:  # one alone is not shown
            screen.scrubbing.bar.stand(*screen.size)
            screen.list.redraw()
            screen.describe()

    def why_not(self, action: str) -> str:
        """See `Part`."""
        return NOTHING_TO_FOLLOW if action == "toggle_follow" and not self.follow.live else ""

    def toggle_follow(self) -> None:
        """Follow, or hold still."""
        if not self.follow.live:
            self.screen.say(NOTHING_TO_FOLLOW)
        elif self.follow.at_tail:
            self.follow.hold()
            self.screen.describe()
        else:
            self.screen.list.move_to_end(last=True)
            self.follow.resume()
            self.screen.describe()
