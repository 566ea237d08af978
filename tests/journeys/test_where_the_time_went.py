"""“It took an hour and a half. What did it do all that time?” From the shape of a session to the minute it lost."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import Person, errand, opened

BILLING = "Move the billing exports"


async def click(person: Person, x: int, y: int = 0) -> None:
    """Click on a cell of the timeline."""
    await person.pilot.click("#timeline", offset=(x, y))
    await person.wait()


@errand
async def test_the_long_wait_is_seen_named_and_gone_to(demo_store: Store) -> None:
    """By clock the 36 minutes stand out by their name; a click goes to what came before, a key to what came of it."""
    async with opened(demo_store, BILLING) as person:
        await person.press("T")
        lane = person.lines[1]
        assert "⋯36m⋯" in lane and "by clock" in person.lines[2]
        await click(person, lane.index("36m"))
        person.sees_cursor_on("span.model_request_end")
        await person.press("s")
        person.sees("36m11s without an event before this one")
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees_in_payload("no output for 36 minutes")


@errand
async def test_the_first_red_mark_is_looked_at_closely(demo_store: Store) -> None:
    """A click on the mark goes near it, zooming in tells the events around it apart."""
    async with opened(demo_store, BILLING) as person:
        await click(person, person.lines[2].index("✗"), 1)
        near = person.cursor
        await person.press("+", "+")
        person.sees("by event 4×")
        assert person.cursor == near, "looking closer moves nothing"
        await person.press("e")
        person.sees_in_payload("currency: field required")
        assert person.lines[2][person.session.scrubbing.bar.timeline.chart.axis.cell(person.cursor) + 13] == "✗"
        await person.press("-")
        person.sees("by event 2×")
        await person.press("0")
        assert "by event   " in person.lines[2]
