"""“It worked for an hour and then did something strange.” Where did it first go wrong?"""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened

BILLING = "Move the billing exports"


@errand
async def test_from_the_list_to_the_first_error(demo_store: Store) -> None:
    """Somebody sees the session with 36 errors in the list, opens it, goes to its beginning, and asks for the first."""
    async with opened(demo_store) as person:
        person.sees("✗ 36")
        await person.press("/")
        await person.types("billing")
        await person.press("enter", "enter")
        person.sees("Move the billing exports to schema v4")
        await person.press("g", "e")
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees_in_payload("currency: field required")
        person.sees("turn 2")


@errand
async def test_the_stall_and_what_came_of_it(demo_store: Store) -> None:
    """From the end, somebody steps back over the errors to where they begin, and finds the 36 minutes."""
    async with opened(demo_store, BILLING) as person:
        for _ in range(40):
            await person.press("E")
            if (person.event.duration_us or 0) > 60_000_000 and person.event.type == "agent.tool_result":
                break
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees("36m11s")
        person.sees_in_payload("no output for 36 minutes")


@errand
async def test_a_session_opens_at_its_end_and_its_first_error_is_one_key_away(demo_store: Store) -> None:
    """After the last error comes the first, and that is said; so the other way round."""
    async with opened(demo_store, BILLING) as person:
        await person.press("e")
        first = person.cursor
        person.sees("no error after event 411: this is the first")
        person.sees_in_payload("currency: field required")
        await person.press("E")
        person.sees(f"no error before event {first}: this is the last")
        last = person.cursor
        assert person.event.is_error and last > first
        await person.press("e")
        assert person.cursor == first
        person.sees(f"no error after event {last}: this is the first")


@errand
async def test_the_only_error_is_called_that(demo_store: Store) -> None:
    """Whoever is on it and asks for another stays."""
    async with opened(demo_store, "Review the parser") as person:
        await person.press("e", "e")
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees("this is the only error")


@errand
async def test_a_session_without_errors(demo_store: Store) -> None:
    """The header has no count, and the key says why it does nothing."""
    async with opened(demo_store, "Which uploads") as person:
        assert "✗" not in person.lines[0]
        await person.press("g", "e")
        assert person.cursor == 0
        person.sees("this session has no errors")
