"""Read what was said and done as a person would write it, go from a call to its result and back, and take it along."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.event import Draft
from runtime.store import Store
from tests.support.builders import START_US, THREAD, add_session, message
from tests.support.driver import Person, errand, opened

SEEK = "Fix the flaky seek test"
KEY = "sk-ant-api03-" + "Ab3_" * 12


def payload_of(person: Person) -> list[str]:
    """The lines of the payload pane that are not empty."""
    lines = ["".join(part for part, _ in line) for line in person.session.reading.text._whole]
    return [line for line in lines if line.strip()]


@pytest.fixture
def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a terminal would have been asked to copy."""
    asked: list[str] = []

    def write(driver: object, data: str) -> None:
        if data.startswith("\x1b]52"):
            asked.append(base64.b64decode(data.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode())

    monkeypatch.setattr("textual.drivers.headless_driver.HeadlessDriver.write", write)
    return asked


@pytest.fixture
def terminal_left(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The app can be suspended; what was done meanwhile is between two words."""
    told: list[str] = []

    @contextlib.contextmanager
    def suspend(app: object) -> Iterator[None]:
        told.append("left")
        yield
        told.append("back")

    monkeypatch.setattr("workbench.app.WorkbenchApp.suspend", suspend)
    return told


@errand
async def test_from_the_first_error_to_what_was_asked_and_back(demo_store: Store) -> None:
    """The result names its call; ``o`` goes there, where the result is named; ``o`` again comes back."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("e")
        assert person.cursor == 7
        assert payload_of(person)[0] == "↳ bash  seq 5  failed in 14s"
        assert payload_of(person)[1].startswith("$ for i in $(seq 20); do pytest")
        await person.press("o")
        person.sees_cursor_on("agent.tool_use", name="bash")
        assert payload_of(person)[-1] == "↳ seq 7  failed in 14s"
        await person.press("o")
        assert person.cursor == 7


@errand
async def test_what_was_said_leads_to_its_request(demo_store: Store) -> None:
    """A message or a thought to the request that it answered; what has no counterpart says so."""
    async with opened(demo_store, SEEK, at=4) as person:
        await person.press("o")
        person.sees_cursor_on("span.model_request_start")
        await person.press("o")
        assert person.cursor == 4
        await person.press("g", "o")
        assert person.cursor == 0
        person.sees("this event has no counterpart")


@errand
async def test_pretty_and_raw(demo_store: Store) -> None:
    """``r`` changes how all payloads are shown; which it is stands above them."""
    async with opened(demo_store, SEEK, at=18) as person:
        assert payload_of(person)[:2] == ["src/io/window.py", "-        self.file.seek(start)"]
        await person.press("r")
        assert payload_of(person)[0] == "{" and person.session.reading.pane.shown_tab == "Raw"
        await person.press("j")
        assert payload_of(person)[0] == "{"
        await person.press("r")
        assert payload_of(person)[0] == "src/io/window.py"


@errand
async def test_a_search_that_only_the_stored_payload_answers(demo_store: Store) -> None:
    """Is shown there: what was looked for is always to be seen."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("/")
        await person.types(person.event.id)
        await person.press("enter")
        person.sees_cursor_on("agent.tool_result")
        assert person.session.reading.pane.shown_tab == "Raw"
        assert any(role == "hit" for line in person.session.reading.text._lines for _, role in line)
        await person.press("escape", "j")
        assert person.session.reading.pane.shown_tab == "Pretty"


@errand
async def test_an_answer_that_comes_later_is_shown_when_it_comes(plain_surroundings: object) -> None:
    """Somebody looks at a call; its result is far away, behind other events."""
    store = Store("far").prepare()
    use = {"id": "sevt_use", "type": "agent.tool_use", "name": "bash", "input": {"command": "sleep"}}
    result = {"id": "sevt_result", "type": "agent.tool_result", "tool_use_id": "sevt_use", "content": "slept"}
    between = [message(number, "still waiting") for number in range(1, 300)]
    late = START_US + 9_000_000
    drafts = [Draft(use, THREAD, START_US), *between, Draft(result, THREAD, late)]
    add_session(store, "sesn_far", [drafts], title="Far")
    async with opened(store, "Far", at=0) as person:
        assert payload_of(person) == ["$ sleep", "↳ seq 300 in 9.0s"]
        await person.press("o")
        assert person.cursor == 300
        assert payload_of(person) == ["↳ bash  seq 0 in 9.0s", "$ sleep", "slept"]


# ── taking it along ──────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_copying(demo_store: Store, clipboard: list[str]) -> None:
    """``y`` copies what is shown, ``Y`` the id; which way it went is said."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("y")
        assert clipboard[-1].startswith("$ for i in $(seq 20); do pytest")
        person.sees("copied through the terminal (OSC 52)")
        await person.press("r", "y")
        assert clipboard[-1].encode() == person.session.source.reader.payload(5)
        await person.press("Y")
        assert clipboard[-1] == person.event.id


@errand
async def test_secrets_are_masked_on_the_way_out(plain_surroundings: object, clipboard: list[str]) -> None:
    """In either form, and it is said."""
    store = Store("secret").prepare()
    add_session(store, "sesn_secret", [[message(0, f"use {KEY} please")]], title="Secret")
    async with opened(store, "Secret", at=0) as person:
        for keys in (["y"], ["r", "y"]):
            await person.press(*keys)
            person.sees("; 1 secret masked")
            assert KEY not in clipboard[-1] and "please" in clipboard[-1]


@errand
async def test_editor_pager_and_command(
    demo_store: Store, terminal_left: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each has the terminal meanwhile; the app comes back to where it was."""
    monkeypatch.setenv("EDITOR", f"cp -f --no-preserve=mode --target-directory={tmp_path}")
    monkeypatch.setenv("PAGER", f"cp -f --no-preserve=mode --target-directory={tmp_path}")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    async with opened(demo_store, SEEK, at=18) as person:
        before, stored = person.screen, person.session.source.reader.payload(18)
        await person.press("v", "P", "|")
        await person.types(f"cat > {tmp_path}/piped")
        await person.press("enter")
        assert terminal_left == ["left", "back"] * 3
        assert (tmp_path / f"{person.event.id}.json").read_text().startswith('{\n  "id": ')
        assert (tmp_path / f"{person.event.id}.txt").read_text().startswith("src/io/window.py\n")
        assert (tmp_path / "piped").read_bytes() == stored
        await person.press("|", "escape")
        assert person.screen == before


@errand
async def test_what_is_not_there_is_one_calm_line(
    demo_store: Store, terminal_left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that nobody installed; a terminal that cannot be left."""
    monkeypatch.setenv("EDITOR", "no-such-editor")
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(demo_store, SEEK, at=18) as person:
        await person.press("v")
        person.sees("there is no program no-such-editor")
        monkeypatch.undo()
        await person.press("v")
        person.sees("this terminal cannot be left to another program")
