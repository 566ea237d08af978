"""An agent is at work in another process, and somebody looks over its shoulder until it is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store import Store
from tests.support.driver import errand, opened
from tests.support.terminal import ROOT
from tests.support.transcripts import transcript

AGENT = """
import sys
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, message, status

log = Store("live").prepare().create(Manifest("sesn_live", created_us=START_US, title="At work"))
log.append([status(0, "running"), *map(message, range(1, 40))])
print("there", flush=True)
for line in sys.stdin:
    first, stop = map(int, line.split())
    log.append(list(map(message, range(first, stop))))
    print("written", flush=True)
"""


class Agent:
    """Another process that writes when it is told to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", AGENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self._heard() == "there"

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def writes(self, first: int, stop: int) -> None:
        """Write events of these numbers; they are in the log when this is over."""
        assert self._process.stdin is not None
        print(first, stop, file=self._process.stdin, flush=True)
        assert self._heard() == "written"

    def dies(self) -> None:
        """In the middle of its work."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def agent(plain_surroundings: Path) -> Iterator[Agent]:
    """One at work in the store ``live``."""
    agent = Agent()
    yield agent
    agent.dies()


@errand
async def test_follow_hold_catch_up_and_see_it_go(agent: Agent) -> None:
    """Following, every new event is there; held, nothing moves and what came is counted; lost is not ended."""
    async with opened(Store("live"), "At work") as person:
        person.sees("● live, following")
        agent.writes(40, 45)
        await person.wait_until(lambda: person.session.list.count == 45)
        person.sees_in_payload("message 44")

        await person.press("k", "k")
        person.sees("‖ live, held")
        at, above = person.cursor, person.lines[5]
        agent.writes(45, 75)
        await person.wait_until(lambda: person.session.list.count == 75)
        person.sees("▼ 30 new")
        assert (person.cursor, person.lines[5]) == (at, above), "nothing moves under the eye"

        await person.press("f")
        person.sees("● live, following")
        person.sees_in_payload("message 74")

        agent.dies()
        await person.wait_until(lambda: "writer gone" in person.lines[0])
        assert person.cursor == 74
        await person.press("f")
        person.sees("nobody writes to this session now: there is nothing to follow")


@pytest.fixture
def watcher(plain_surroundings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``workbench import --watch`` over the folder ``transcripts``, in which a tool is at work on one."""
    folder = Path("transcripts")
    folder.mkdir()
    (folder / "1.jsonl").write_bytes(transcript(1, 3))
    command = [sys.executable, "-m", "workbench", "import", str(folder), "--watch", "--store", "live"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    yield process
    process.kill()
    process.wait()


@errand
async def test_what_another_tool_writes_is_followed_like_any_other(watcher: subprocess.Popen[bytes]) -> None:
    """Though nobody holds its log open: it is live while it is watched, in the list and when it is open."""
    async with opened(Store("live")) as person:
        await person.wait_until(lambda: "●" in person.screen)
        await person.press("enter", "G")
        person.sees("● live, following")
        before = person.session.list.count
        Path("transcripts", "1.jsonl").write_bytes(transcript(1, 5))
        await person.wait_until(lambda: person.session.list.count > before)
        person.sees("● live, following")
        assert person.session.list.cursor == person.session.list.count - 1, "it follows"

        watcher.kill()
        await person.wait_until(lambda: "live" not in person.lines[0])
