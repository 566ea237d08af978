"""The first run: what is found on a machine, how it is offered, and the import that goes on beside the app."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.store import Store
from tests.support.builders import add_session, message
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen
from tests.support.transcripts import write_transcripts
from workbench.arriving import Arrival
from workbench.screens.welcome import WelcomeScreen
from workbench.view import found
from workbench.view.found import Found, Place, look, place_line
from workbench.view.text import line_text, line_width

SIZES = [(80, 24), (120, 32), (200, 60)]


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


@pytest.fixture
def home(plain_surroundings: Path) -> Path:
    """A home folder with transcripts of two tools in it, and much that is none."""
    home = plain_surroundings / "home"
    write_transcripts(home / ".claude" / "projects" / "-home-u-project", range(3))
    write_transcripts(home / ".codex" / "sessions" / "2026" / "03" / "02", range(3, 5))
    chats = home / ".gemini" / "tmp" / "abc" / "chats"
    chats.mkdir(parents=True)
    (chats.parent / "logs.json").write_text("[]")
    (home / ".claude" / "projects" / "notes.txt").write_text("nothing of interest")
    return home


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_files_that_could_be_transcripts_are_counted(home: Path) -> None:
    """By tool, with what they weigh; a folder without any is not mentioned."""
    places = look({"HOME": str(home)}).places
    assert [(place.tool, place.files, place.whole) for place in places] == [
        ("Claude Code", 3, True), ("Codex", 2, True),
    ]  # fmt: skip
    weight = sum(path.stat().st_size for path in home.glob(".claude/**/*.jsonl"))
    assert places[0].bytes == weight and places[0].path == str(home / ".claude" / "projects")
    (home / ".gemini" / "tmp" / "abc" / "chats" / "session-1.json").write_text("{}")
    assert [place.tool for place in look({"HOME": str(home)}).places] == ["Claude Code", "Codex", "Gemini CLI"]


def test_tools_that_were_told_to_be_elsewhere_are_looked_for_there(home: Path, tmp_path: Path) -> None:
    """By the variables that those tools go by; without a home folder, nowhere else."""
    write_transcripts(tmp_path / "c" / "projects", range(1))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "one.eval").write_text("x")
    environment = {"CLAUDE_CONFIG_DIR": str(tmp_path / "c"), "INSPECT_LOG_DIR": str(tmp_path / "logs")}
    assert [(place.tool, place.path) for place in look(environment).places] == [
        ("Claude Code", str(tmp_path / "c" / "projects")), ("Inspect", str(tmp_path / "logs")),
    ]  # fmt: skip


def test_the_look_is_bounded_and_follows_no_link(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is too much, it says "more than"; a link that leads around in a circle leads nowhere."""
    (home / ".claude" / "projects" / "around").symlink_to(home)
    (home / ".claude" / "projects" / "gone.jsonl").symlink_to("/nowhere")
    assert look({"HOME": str(home)}).places[0].files == 3
    monkeypatch.setattr(found, "MOST_ENTRIES", 2)
    places = look({"HOME": str(home)}).places
    assert [place.whole for place in places] == [False, True]
    assert Found(places).headline().startswith("Found more than ")
    assert look({"HOME": str(home)}, stop=lambda: True).places == []


def test_what_was_found_is_said_in_few_words() -> None:
    """Of what is chosen."""
    two = Found([Place("Codex", "/a", 1, 300), Place("Claude Code", "/b", 214, 2 << 20)])
    assert two.headline() == "Found 215 transcripts, 2.0 MiB" and two.paths == ["/a", "/b"]
    two.turn(0)
    two.turn(7)
    assert two.headline() == "Found 214 Claude Code transcripts, 2.0 MiB" and two.paths == ["/b"]
    two.turn_all()
    assert two.paths == ["/a", "/b"]
    two.turn_all()
    assert two.headline() == "Nothing is chosen" and two.paths == []


@pytest.mark.parametrize("cells", [20, 60, 78, 118])
def test_a_place_is_one_line_whatever_its_folder_is_called(cells: int) -> None:
    """Nothing in a name acts on the terminal, nothing runs over the edge where there is an edge to speak of."""
    line = place_line(Place("Codex", "/home/u/\x1b[31m" + "x" * 300, 3, 10), "/home/u", cells)
    said = line_text(line)
    assert said.isprintable() and "3 transcripts" in said and line_width(line) <= max(cells, 56)
    assert cells < 78 or "~/\\x1b[31mxx" in said


# ── offering ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_an_empty_store_offers_what_was_found(home: Path, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """One place is chosen, the other not."""
    async with opened(Store("empty"), size=size) as person:
        await person.press("j", "space")
        assert person.screen == text


@errand
async def test_a_store_with_sessions_offers_nothing(home: Path) -> None:
    """Nor one in which nothing was found: there it says what to type, as ever."""
    add_session(Store("one").prepare(), "sesn_one", [[message(0, "hello")]], title="One")
    async with opened(Store("one")) as person:
        assert [line.title for line in person.sessions.lines] == ["One"]


@errand
async def test_not_now_means_not_now(home: Path) -> None:
    """The store stays empty and is not even made; to look again, look again."""
    async with opened(Store("empty")) as person:
        assert isinstance(person.app.screen, WelcomeScreen)
        await person.press("escape")
        person.sees("No sessions yet.")
        assert person.sessions.welcoming.arrival is None and not Path("empty").exists()
        await person.press("ctrl+r")
        assert isinstance(person.app.screen, WelcomeScreen)


@errand
async def test_with_nothing_chosen_nothing_begins(home: Path) -> None:
    """It says so, and waits."""
    async with opened(Store("empty")) as person:
        await person.press("a", "enter", "w")
        person.sees("Nothing is chosen")
        assert isinstance(person.app.screen, WelcomeScreen)


# ── importing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_over(person: Person) -> bool:
    """Whether the import has ended, and the list knows."""
    return person.sessions.welcoming.arrival is None


@errand
async def test_what_cannot_be_imported_is_said(home: Path) -> None:
    """How many, and the first of them: where and why. Nothing in it acts on the terminal."""
    spoilt = home / ".claude" / "projects" / "-home-u-project" / "0\x1b[31m.jsonl"
    spoilt.write_bytes(write_transcripts(home / "one", range(9, 10))[0].read_bytes() + b'{"torn\n{}\n')
    async with opened(Store("empty"), size=(300, 20)) as person:
        await person.press("enter")
        await person.wait_until(lambda: is_over(person) and len(person.sessions.lines) == 6)
        person.sees("in 6 sessions imported; ")
        person.sees("rejected, the first: ")
        person.sees("\\x1b[31m.jsonl:")


@errand
async def test_an_import_that_dies_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is somebody else's process: whatever happens to it, the app goes on."""
    async with opened(Store("empty")) as person:
        await person.press("w")
        arrival = person.sessions.welcoming.arrival
        assert arrival is not None
        os.kill(arrival._process.pid, signal.SIGKILL)
        await person.wait_until(lambda: is_over(person))
        person.sees("the import ended before its time (exit code -9)")


@errand
async def test_escape_ends_an_import(home: Path) -> None:
    """What it has written stays."""
    async with opened(Store("empty")) as person:
        await person.press("w")
        person.sees("esc ends it")
        arrival = person.sessions.welcoming.arrival
        assert arrival is not None
        await person.press("escape")
        await person.wait_until(lambda: is_over(person))
        assert not arrival.error and arrival._process.poll() is not None
        person.does_not_see("esc ends it")


def test_an_import_ends_with_the_app(home: Path) -> None:
    """However that ends: nobody holds the other end of the pipe then."""
    arrival = Arrival(str(home / "store"), [str(home / ".claude" / "projects")], watch=True)
    assert arrival._process.stdin is not None
    arrival._process.stdin.close()
    assert arrival.wait(30) and arrival._process.returncode in (130, -signal.SIGINT)


def test_an_import_is_of_our_own_package_wherever_one_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may hold anything, a module called `workbench` too."""
    (home / "workbench").mkdir()
    (home / "workbench" / "__init__.py").write_text("raise SystemExit(77)")
    (home / "runtime.py").write_text("raise SystemExit(78)")
    monkeypatch.chdir(home)
    told: list[str] = []
    arrival = Arrival(str(home / "store"), [str(home / ".claude")], changed=lambda: told.append(arrival.words()))
    assert arrival.wait(60) and arrival.error == ""
    assert arrival.report is not None and arrival.report["sessions"] == 3 and told
    assert arrival.outcome() == (f"{arrival.report['events']:,} events in 3 sessions imported", "text")
