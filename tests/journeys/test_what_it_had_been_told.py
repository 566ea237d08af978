"""“It failed. But what had it been told, when it did that?” From the first error back through all that led to it."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened

BILLING = "Move the billing exports"


@errand
async def test_from_the_first_error_to_what_the_model_knew(demo_store: Store) -> None:
    """The error, the call that it answers, what was read and changed before, the request, and what a person wanted."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.press("e")
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees_in_payload("currency: field required")
        failed = person.cursor

        await person.press("o")
        person.sees_cursor_on("agent.tool_use", name="bash")
        person.sees_in_payload("pytest -q tests/exports/test_fees.py")
        person.sees_in_payload(f"seq {failed}")

        await person.press("(", "(", "(")
        person.sees_cursor_on("agent.tool_result", name="edit", error=False)
        person.sees_in_payload("edited exports/fees.py")
        await person.press("(")
        person.sees_cursor_on("agent.tool_result", name="read")
        person.sees_in_payload("v3.fees")  # it knew the old schema, and no other

        await person.press("e", "o", "b", "b")
        person.sees("only model requests")
        person.sees_cursor_on("span.model_request_start")
        assert person.cursor < failed
        person.sees_in_payload("claude-sonnet-5-5")

        await person.press("b", "g")
        while person.event.type != "user.message":
            await person.press(")")
        person.sees("turn 1")
        person.sees_in_payload("Move the billing exports to the v4 schema.")


@errand
async def test_and_with_a_filter_nothing_stands_between(demo_store: Store) -> None:
    """What people said and what tools answered, up to the error: the nearest before it is one key away."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.press("e")
        failed = person.cursor
        await person.press("&")
        await person.types(f"type:user.message,tool_result seq:0..{failed}")
        await person.press("enter")
        assert person.cursor == failed
        await person.press("k")
        person.sees_cursor_on("agent.tool_result", name="edit")
        await person.press("g")
        person.sees_cursor_on("user.message")
