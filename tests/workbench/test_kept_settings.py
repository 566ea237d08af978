"""Settings: what may stand in the file, what is said of everything else, and that the app then looks like it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from runtime.store import Store
from tests.support.driver import Person, errand, session_called
from workbench import external, keys
from workbench.app import WorkbenchApp
from workbench.kept import keymap, settings
from workbench.kept.settings import Settings, WrongSettings
from workbench.keys import Key
from workbench.picture import settle
from workbench.view.session.source import SessionSource

ROOT = Path(__file__).resolve().parents[2]


def reading(folder: Path, text: str | bytes) -> Settings:
    """What a file with this text comes to."""
    path = folder / "settings.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return settings.read({settings.VARIABLE: str(path)})


# ── what the file may say ────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_file_everything_is_as_it_is_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And TOML is not even imported, so that the first paint is as early as before."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.read({}) == Settings()
    code = "import sys; from workbench.kept import settings; settings.read({}); print('tomllib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "False", done.stderr


def test_the_file_is_where_the_platform_keeps_configuration_or_where_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Read from there without anybody naming it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.settings_path({}) == tmp_path / "workbench" / "settings.toml"
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "settings.toml").write_text("mouse = false\n")
    assert settings.read({}).mouse is False
    assert settings.settings_path({settings.VARIABLE: "other.toml"}) == Path("other.toml")


def test_everything_that_can_be_set_is_read(tmp_path: Path) -> None:
    """Keys with and without quotes, one or several."""
    found = reading(
        tmp_path,
        'theme = "ansi-dark"\nascii = true\nmouse = false\nstall_seconds = 90\neditor = "code --wait"\npager = "most"\n'
        '[keys]\nsession.follow = "%"\n"session.wrap" = ["W", ","]\nsession.one_back = "#"\n',
    )
    assert found == Settings(
        "ansi-dark",
        True,
        False,
        90,
        "code --wait",
        "most",
        {"session.follow": ("%",), "session.wrap": ("W", "comma"), "session.one_back": ("#",)},
    )


def test_the_default_file_changes_nothing_and_names_everything(tmp_path: Path) -> None:
    """As it is printed it says nothing; with the comment signs gone it says what holds anyway."""
    text = settings.default_file()
    assert reading(tmp_path, text) == Settings()
    bare = [line.removeprefix("# ") for line in text.splitlines()]
    said = "\n".join(line for line in bare if " = " in line or line.startswith("["))
    found = reading(tmp_path, said)
    assert found.keys == {key.id: key.keys for key in keys.KEYS}
    assert (found.ascii, found.mouse, found.stall_seconds, found.editor, found.pager) == ("auto", True, 60, "", "")
    assert set(settings.SETTINGS) | {"keys"} == set(Settings._fields)


# ── what is said of the rest ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('mouse = true\nthme = "nord"', "line 2: there is no setting 'thme'; did you mean 'theme'?"),
        ("[colours]\nx = 1", "line 1: there is no setting 'colours'."),
        ('theme = "workbench-drak"', "line 1: there is no theme 'workbench-drak'; did you mean 'workbench-dark'?"),
        ("theme = 3", "line 1: theme is text in quotes, not 3."),
        ('ascii = "yes"', 'line 1: ascii is true, false or "auto".'),
        ("mouse = 1", "line 1: mouse is true or false, not 1."),
        ("stall_seconds = true", "line 1: stall_seconds is a whole number from 1 to 86400, not true."),
        ("stall_seconds = 0", "line 1: stall_seconds is a whole number from 1 to 86400, not 0."),
        ("keys = 3", 'line 1: keys is a table: [keys], and below it session.follow = "f".'),
        (
            '[keys]\nsession.folow = "x"',
            "line 2: nothing that keys do is called 'session.folow'; did you mean 'session.follow'?",
        ),
        ("[keys]\nsession.follow = []", "line 2: session.follow is a key in quotes, or a list of such, not []."),
        (
            '[keys]\n"session.follow" = "e"',
            "line 2: session.follow: the key 'e' is that of session.next_error already, and both are at work in one",
        ),
        ('[keys]\nsession.follow = "j"', "line 2: session.follow: the key 'j' is that of move.down already"),
        ('[keys]\nmove.down = "ctrl+q"', "line 2: move.down: the key 'ctrl+q' is that of app.quit already"),
        ('[keys.session]\nfollow = "alt+f"', "line 2: session.follow: not every terminal can send 'alt+f'"),
        ('[keys]\nsession.follow = "ctrl+i"', "session.follow: terminals send the same for 'ctrl+i' and for tab."),
        ('[keys]\nsession.follow = "Enter"', "session.follow: there is no key 'Enter'; did you mean 'enter'?"),
        ('[keys]\nsession.follow = " "', "the space bar is called space."),
        ("mouse = ", "the settings are not TOML: Invalid value (at end of document)."),
        (b"\xff\xfe", "the settings are not text in UTF-8."),
    ],
)
def test_what_makes_no_sense_is_said_with_its_line_and_what_was_probably_meant(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    """One line each, which begins with the file."""
    with pytest.raises(WrongSettings) as error:
        reading(tmp_path, text)
    words = str(error.value)
    assert words.startswith(f"{tmp_path / 'settings.toml'}") and said in words and "\n" not in words


def test_a_file_that_is_named_must_be_there_and_be_readable(tmp_path: Path) -> None:
    """Else somebody would wonder why nothing changes."""
    with pytest.raises(WrongSettings, match="there is no such file, and WORKBENCH_SETTINGS names it"):
        settings.read({settings.VARIABLE: str(tmp_path / "nowhere.toml")})
    with pytest.raises(WrongSettings, match="the settings cannot be read: Is a directory"):
        settings.read({settings.VARIABLE: str(tmp_path)})


@pytest.mark.parametrize("command", ["open", "demo"])
def test_the_app_does_not_open_with_settings_that_make_no_sense(tmp_path: Path, command: str) -> None:
    """One line on stderr, exit 2, no picture, and nothing that came from the file acts on the terminal."""
    (tmp_path / "odd.toml").write_text('"the\\u001b[31mme" = 1\n')
    done = workbench(tmp_path, command, "--screen", "x.txt", settings=tmp_path / "odd.toml")
    assert done.returncode == 2 and done.stdout == "" and not (tmp_path / "x.txt").exists()
    assert done.stderr.count("\n") == 1 and "there is no setting" in done.stderr and "\x1b" not in done.stderr


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

TABLE = (
    Key("move.down", ("j", "down"), "down", "", "j k move"),
    Key("move.up", ("k", "up"), "up", ""),
    Key("list.join", ("J",), "join", "", "J join"),
    Key("list.kill", ("K",), "kill", ""),
    Key("page.join", ("J",), "join", ""),
)


def test_two_rows_may_exchange_their_keys() -> None:
    """What counts is the table that comes of it; a footer names the keys there are now."""
    chosen = keymap.with_choices(TABLE, {"move.down": ["k"], "move.up": ["j", "space"]})
    assert [key.keys for key in chosen[:2]] == [("k",), ("j", "space")]
    assert chosen[0].footer == "k j move" and chosen[2].footer == "J join"


def test_the_same_key_may_do_different_things_in_different_parts() -> None:
    """But not in one, nor what it does everywhere."""
    assert keymap.with_choices(TABLE, {"page.join": ["K"]})[-1].keys == ("K",)
    with pytest.raises(keymap.WrongKey, match="that of list.kill already") as error:
        keymap.with_choices(TABLE, {"list.join": ["K"]})
    assert error.value.id == "list.join"
    with pytest.raises(keymap.WrongKey, match="that of move.up already"):
        keymap.with_choices(TABLE, {"page.join": ["k"]})


def test_our_own_keys_could_be_chosen() -> None:
    """Every key of the table is one that terminals can send."""
    assert {name: keymap.why_not(name) for key in keys.KEYS for name in key.keys if keymap.why_not(name)} == {}


# ── in the app ───────────────────────────────────────────────────────────────────────────────────────────────────────


def workbench(folder: Path, *words: str, settings: Path) -> subprocess.CompletedProcess[str]:
    """A command with such settings, in a process of its own: keys are bound when screens are imported."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TEXTUAL_THEME")},
        **{f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CACHE", "DATA", "CONFIG")},
        "WORKBENCH_SETTINGS": str(settings), "PYTHONPATH": str(ROOT), "TZ": "UTC",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "workbench", *words], capture_output=True, text=True, cwd=folder, env=environment
    )


def test_chosen_keys_do_what_they_say_and_help_and_footer_name_them(demo_store: Store, tmp_path: Path) -> None:
    """The old key does nothing any more."""
    (tmp_path / "mine.toml").write_text('[keys]\nmove.down = ["Q", "down"]\nsession.next_hit = "j"\n')

    def screen(*keys: str) -> str:
        done = workbench(
            tmp_path, "open", "--store", str(demo_store.root), "--keys", " ".join(keys), "--screen", "s.txt",
            settings=tmp_path / "mine.toml",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return (tmp_path / "s.txt").read_text()

    def cursor(text: str) -> int:
        return next(number for number, line in enumerate(text.splitlines()) if line.startswith("▌"))

    assert cursor(screen("Q", "Q", "j")) == cursor(screen("down")) + 1
    assert "Q k move" in screen("Q")
    assert any(line.split()[:2] == ["Q", "↓"] for line in screen("?").splitlines())


def test_info_names_the_file_and_prints_one_to_begin_with(tmp_path: Path) -> None:
    """Where it is, whether it is there; `--settings` prints a file that can be saved as it is."""
    path = tmp_path / "mine.toml"
    path.write_text("mouse = false\n")
    facts = json.loads(workbench(tmp_path, "info", "--json", settings=path).stdout)
    assert facts["paths"]["settings"] == str(path) and facts["settings"] == {"exists": True}
    path.unlink()
    assert json.loads(workbench(tmp_path, "info", "--json", settings=path).stdout)["settings"] == {"exists": False}
    told = workbench(tmp_path, "info", settings=path).stdout
    assert "paths.settings" in told and "settings.exists" in told
    printed = workbench(tmp_path, "info", "--settings", settings=path)
    assert printed.returncode == 0 and printed.stdout == settings.default_file()


@errand
async def test_a_stall_is_as_long_as_somebody_says(demo_store: Store) -> None:
    """A minute where nobody says anything."""
    found: dict[int, int] = {}
    for seconds in (60, 1_000, 86_400):
        source = SessionSource(demo_store, session_called(demo_store, "Move the billing exports"))
        app = WorkbenchApp(demo_store, source, 0, Settings(stall_seconds=seconds))
        async with app.run_test(size=(120, 32)) as pilot:
            await settle(pilot)
            person = Person(app, pilot)
            await person.press("s")
            found[seconds] = person.cursor
            if seconds == 86_400:
                person.sees("nothing in this session took 1d00h without an event")
    assert 0 < found[60] <= found[1_000] and found[86_400] == 0


def test_a_command_that_was_chosen_comes_before_those_of_all_programs() -> None:
    """Split as a shell would."""
    environment = {"VISUAL": "emacs", "PAGER": "more"}
    assert external.editor(environment, "code --wait") == ["code", "--wait"]
    assert external.pager(environment, "most -w") == ["most", "-w"]
    assert (external.editor(environment), external.pager(environment)) == (["emacs"], ["more"])


@errand
async def test_the_editor_of_the_settings_is_the_one_that_opens(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key for it."""
    asked: list[list[str]] = []
    monkeypatch.setattr(external, "open_file", lambda command, name, data: asked.append(command) or "done")
    monkeypatch.setattr(WorkbenchApp, "suspend", lambda self: nullcontext())
    source = SessionSource(demo_store, session_called(demo_store, "Move the billing exports"))
    app = WorkbenchApp(demo_store, source, 0, Settings(editor="ours -x", pager="theirs"))
    async with app.run_test(size=(120, 32)) as pilot:
        await settle(pilot)
        await Person(app, pilot).press("v", "P")
    assert asked == [["ours", "-x"], ["theirs"]]
