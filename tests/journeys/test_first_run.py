"""Open the workbench for the first time, on a machine where other tools have been at work."""

from __future__ import annotations

from pathlib import Path

from runtime.store import Store
from tests.support.driver import errand, opened
from tests.support.transcripts import transcript, write_transcripts


@errand
async def test_import_what_is_there_and_read_it(plain_surroundings: Path) -> None:
    """One key, and the sessions come by themselves; the first can be opened."""
    write_transcripts(plain_surroundings / "home" / ".claude" / "projects" / "-home-u-project", range(4))
    async with opened(Store("new")) as person:
        person.sees("Found 4 Claude Code transcripts")
        person.sees("~/.claude/projects")
        await person.press("enter")
        await person.wait_until(lambda: len(person.sessions.lines) == 4)
        await person.wait_until(lambda: "in 4 sessions imported" in person.screen)
        await person.press("enter", "g")
        person.sees("question 0 of")
        person.sees_cursor_on(person.event.type)


@errand
async def test_import_and_watch_a_tool_at_work(plain_surroundings: Path) -> None:
    """A session that is begun after the import comes too, and one that grows grows here."""
    folder = plain_surroundings / "home" / ".claude" / "projects" / "-home-u-project"
    paths = write_transcripts(folder, range(1))
    async with opened(Store("new")) as person:
        await person.press("w")
        await person.wait_until(lambda: "following what was imported" in person.screen)
        await person.wait_until(lambda: len(person.sessions.lines) == 1)
        events = person.sessions.lines[0].events
        paths[0].write_bytes(transcript(0, 9))
        write_transcripts(folder, range(1, 2))
        await person.wait_until(lambda: len(person.sessions.lines) == 2)
        await person.wait_until(lambda: min(line.events for line in person.sessions.lines) >= events)
        await person.wait_until(lambda: max(line.events for line in person.sessions.lines) > events)
        await person.press("escape")
        await person.wait_until(lambda: "following" not in person.screen)
