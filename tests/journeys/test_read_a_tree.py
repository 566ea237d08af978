"""“Nothing calls the old cache”, says the lead of forty-five agents, and is wrong. Whose fault was that?"""

from __future__ import annotations

from pathlib import Path

from tests.support.driver import errand, opened
from tests.support.tree import BLIND, CONCLUSION, write_tree


@errand
async def test_from_a_wrong_conclusion_down_to_who_saw_nothing_and_up_again(plain_surroundings: Path) -> None:
    """From the end to the only error of 2,000 events; along that thread to its report; and to everybody it misled."""
    store, _ = write_tree(plain_surroundings / "tree")
    async with opened(store, "Can the old cache go?") as person:
        assert person.session.source.count > 1_900
        await person.press("k", "k", "k")
        person.sees_in_payload(CONCLUSION)

        await person.press("E")
        person.sees_cursor_on("agent.tool_result", name="bash", error=True)
        person.sees_in_payload("Permission denied")
        assert BLIND in person.lines[0], "the breadcrumb says whose it is"

        await person.press("M")
        person.sees(f"the timeline shows thread {BLIND}")
        while person.event.type != "agent.thread_message_sent":
            await person.press(")")
        person.sees_in_payload(f"No call of old_cache in {BLIND}.")
        reported = person.cursor

        await person.press("&")
        await person.types(f'type:thread_message_received "in {BLIND}."')
        await person.press("enter")
        person.sees("→ 1 of ")
        assert person.cursor > reported
        person.sees_cursor_on("agent.thread_message_received")
        person.sees_in_payload(f"No call of old_cache in {BLIND}.")
        assert " billing ›" in person.lines[0] and BLIND not in person.lines[0], "the explorer of that package"

        await person.press("escape", "&")
        await person.types("thread:main type:thread_message_received billing")
        await person.press("enter")
        person.sees("→ 1 of ")
        person.sees_in_payload("billing: nothing calls old_cache.")
        await person.press("escape", ")")
        assert " main ›" in person.lines[0], "up where the conclusion was drawn"
