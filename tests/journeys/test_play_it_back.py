"""“What did it actually do?” Played back as it happened, stopped where it gets interesting."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import Person, errand, opened

BILLING, REVIEW = "Move the billing exports", "Review the parser"


class Hands:
    """A clock that goes on when the test says so."""

    def __init__(self, person: Person) -> None:
        self.person, self.now = person, 1_000.0
        person.session.playing.clock = lambda: self.now

    async def go_on(self, seconds: float) -> None:
        """So many seconds later, seen once."""
        self.now += seconds
        self.person.session.playing._tick()
        await self.person.wait()


def quiet(person: Person) -> bool:
    """Whether nothing plays."""
    return person.session.playing._timer is None and "▷" not in person.screen


@errand
async def test_the_wait_is_cut_and_the_failure_after_it_is_read(demo_store: Store) -> None:
    """From a little before the 36 minutes: they take a moment, and are named. Then everything stands still to read."""
    async with opened(demo_store, BILLING, at=296) as person:
        hands = Hands(person)
        await person.press("space")
        person.sees("▷ 5×")
        await hands.go_on(0.4)
        assert person.cursor == 297
        await hands.go_on(0.5)
        assert person.cursor == 299, "the result, and what followed at once"
        person.sees("skipped 36m   ▷ 5×")
        await person.press("space")
        assert quiet(person)
        await hands.go_on(60)
        assert person.cursor == 299, "nothing moves while it stands still"
        await person.press(".", "comma", "comma")
        assert person.cursor == 298
        person.sees_in_payload("no output for 36 minutes")


@errand
async def test_any_move_stops_it_and_so_does_the_end(demo_store: Store) -> None:
    """Keys that look elsewhere do what they say; space at the end plays all of it from the beginning."""
    async with opened(demo_store, REVIEW) as person:
        hands = Hands(person)
        for key in ("j", "e", "(", "g"):
            await person.press("space")
            assert not quiet(person), f"before {key}"
            await person.press(key)
            assert quiet(person), f"after {key}"
        await person.press("G", "space")
        assert person.cursor == 0
        await person.press(*[">"] * 9)
        person.sees("▷ 1,000×")
        seen = []
        while not quiet(person):
            await hands.go_on(0.05)
            seen.append(person.cursor)
        assert seen == sorted(seen) and seen[-1] == 142
        person.sees("played to the end")


@errand
async def test_only_what_is_shown_is_played(demo_store: Store) -> None:
    """Of a filter its lines; of the thread that the timeline follows, its events."""
    async with opened(demo_store, REVIEW, at=60) as person:
        hands = Hands(person)
        thread = person.event.thread_id
        await person.press("M", "space")
        for _ in range(6):
            await hands.go_on(1)
            assert person.event.thread_id == thread
        assert person.cursor > 70
        await person.press("space", "M", "M", "M", "M", "&")
        await person.types("type:tool_use")
        await person.press("enter", "g", "space")
        seen = set()
        for _ in range(6):
            await hands.go_on(2)
            seen.add(person.cursor)
            person.sees_cursor_on("agent.tool_use")
        assert len(seen) >= 3


@errand
async def test_escape_stands_still_and_goes_nowhere(demo_store: Store) -> None:
    """Whoever wants to stop it is not thrown out of the session."""
    async with opened(demo_store, "Fix the flaky", at=0) as person:
        await person.press("space")
        person.sees("▷")
        await person.press("escape")
        assert quiet(person) and person.session.is_current
