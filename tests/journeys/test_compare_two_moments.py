"""“It ran that command twice. What was different the second time?” From two places in a session to the line that is."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened
from workbench.screens.compare_payloads import ComparePayloads

SEEK = "Fix the flaky"


@errand
async def test_the_same_tool_twice_is_held_against_itself(demo_store: Store) -> None:
    """Mark the first run, go to the second, compare, go through the differences, and come back to where one was."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("e", "o")
        person.sees_cursor_on("agent.tool_use", name="bash")
        await person.press("m", "u")
        person.sees("this is the only mark")
        await person.press("/")
        await person.types("seq 200")
        await person.press("enter")
        person.sees_cursor_on("agent.tool_use", name="bash")
        again = person.cursor
        await person.press("d")
        assert isinstance(person.app.screen, ComparePayloads)
        person.sees("- 5  ▸ agent.tool_use  bash")
        person.sees(f"+ {again}  ▸ agent.tool_use  bash")
        person.sees("$(seq 20)")
        person.sees("$(seq 200)")
        person.sees("difference 1 of 1")
        await person.press("y")
        person.sees("comparison, ")
        await person.press("q")
        assert person.cursor == again


@errand
async def test_what_each_of_two_requests_led_to(demo_store: Store) -> None:
    """Only the model requests, to see what was dear; two of them marked, and where their consequences part."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("b", "b", "g")
        person.sees_cursor_on("span.model_request_start")
        first = person.cursor
        await person.press("m", "j", "m")
        second = person.cursor
        await person.press("U")
        assert person.cursor == first
        await person.press("D")
        person.sees("differ: ")
        await person.press("q")
        assert person.cursor > second
