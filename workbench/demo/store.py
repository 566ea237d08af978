"""The demo: a small store that the project makes itself, and `demo --huge`'s session of 1,000,000 events.

The store is made once, the same to the byte of every payload on every machine (fixed clock, derived ids), and made anew
where `VERSION` has moved on. Nothing outside its own sessions is touched, so it may live in a store with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import platformdirs

from runtime.clock import derived_id
from runtime.errors import SessionNotFound
from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.segment import SEGMENT_ROWS
from runtime.store import Store
from workbench.demo import stories, trouble
from workbench.demo.script import SONNET, Script, bash, edit, moment, read

VERSION = 1
HUGE_EVENTS = 1_000_000


class Story(NamedTuple):
    """A demo session: how its log is written, and what its manifest says."""

    script: Callable[[], Script]
    title: str
    agent: str
    source: str | None = None
    stored: int | None = None
    """How much of it is there from the first; the rest comes while somebody looks (`workbench.demo.live`)."""


WATCHING = Story(stories.watching, "Keep the release notes up to date", "notes-keeper", stored=73)
STORIES = (
    WATCHING,
    Story(stories.denied, "Free disk space on the build machine", "operator"),
    Story(trouble.hostile, "Which uploads are text?", "sorter"),
    Story(stories.reviewers, "Review the parser rewrite", "review-lead"),
    Story(trouble.stalled, "Move the billing exports to schema v4", "migrator"),
    Story(stories.flaky_seek, "Fix the flaky seek test", "coder"),
    Story(stories.imported, "Upgrade the web framework", "claude-code", source="claude_code"),
)


def demo_root() -> Path:
    """Where the demo's store lives when nobody says: it can be made again, so it is a cache."""
    return Path(platformdirs.user_cache_dir("workbench")) / "demo"


def ensure(store: Store) -> list[str]:
    """Make what is missing of the demo in ``store``, and drop what an older version made; the ids of its sessions."""
    store.prepare()
    scripts = [story.script() for story in STORIES]
    current = {huge_id(), *(script.session_id for script in scripts)}
    for session_id in store.session_ids():
        if session_id not in current and "demo" in store.manifest(session_id).about:
            store.delete(session_id)
    return [_ensure(store, script, story) for script, story in zip(scripts, STORIES)]


def _ensure(store: Store, script: Script, story: Story) -> str:
    if not _is_current(store, script.session_id):
        with store.create(_manifest(script, story)) as log:
            log.append(script.drafts[: story.stored])
            if story.stored is None:
                log.seal()
    return script.session_id


def _is_current(store: Store, session_id: str) -> bool:
    """Whether the session is there as this version makes it; an older one is deleted."""
    try:
        about = store.manifest(session_id).about
    except SessionNotFound:
        return False
    if about.get("demo") == VERSION:
        return True
    store.delete(session_id)
    return False


def _manifest(script: Script, story: Story) -> Manifest:
    source = {"format": story.source, "native_id": "demo"} if story.source else {}
    agent = {"name": story.agent, "model": script.model}
    about = {"demo": VERSION}
    return Manifest(script.session_id, script.started_us, story.title, source=source, agent=agent, about=about)


# ── a million events ─────────────────────────────────────────────────────────────────────────────────────────────────


def huge_id() -> str:
    """The id of the session of 1,000,000 events."""
    return derived_id("sesn", "workbench demo", "huge")


def ensure_huge(store: Store, events: int = HUGE_EVENTS, progress: Callable[[int], None] = lambda _: None) -> str:
    """Make the session of ``events`` events where it is missing or was left half made; its id."""
    store.prepare()
    if _is_current(store, huge_id()):
        if store.manifest(huge_id()).totals().events == events:
            return huge_id()
        store.delete(huge_id())
    script = Script("huge", moment("2026-03-10T06:00:00Z"), SONNET)
    story = Story(lambda: script, "One million events", "marathon")
    with store.create(_manifest(script, story)) as log:
        for batch in _batches(script, events):
            log.append_sealed([batch])
            progress(log.next_seq)
    return script.session_id


def _batches(script: Script, events: int) -> Iterator[list[Draft]]:
    """Exactly ``events`` drafts of many small tasks, a segment's worth at a time."""
    task = made = 0
    while made < events:
        wanted = min(SEGMENT_ROWS, events - made)
        while len(script.drafts) < wanted:
            _small_task(script, task)
            task += 1
        yield script.drafts[:wanted]
        script.drafts = script.drafts[wanted:]
        made += wanted


def _small_task(s: Script, task: int) -> None:
    """A turn of about thirty events; every two-hundredth has an error in it."""
    path = f"src/module_{task % 389:03d}.py"
    s.user(f"Task {task:,}: bring {path} up to date with its neighbours.")
    s.step("I'll read it first.", read(path, f"# module {task % 389}\n" + "value = compute(value)\n" * (task % 23)))
    for part in range(4):
        s.step("", edit(path, f"value = compute(value)  # {part}", f"value = compute_{part}(value)"))
    failed = task % 200 == 199
    output = (
        f"E   NameError: compute_{task % 7}\n1 failed\n"
        if failed
        else f"{3 + task % 40} passed in 0.{task % 90 + 10}s\n"
    )
    s.step("", bash(f"pytest -q tests/test_{task % 389:03d}.py", output, 0.4 + task % 5, is_error=failed))
    s.step(f"Task {task:,} is done.")
    s.idle()
    s.forget()
