"""``workbench open`` and ``demo`` from the shell: with a terminal, without one, and as a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.store import Store
from tests.support.builders import add_session, message, tool_result
from tests.support.driver import session_called
from tests.support.terminal import ROOT, Terminal, workbench
from workbench.__main__ import main
from workbench.keys import KEYS
from workbench.picture import is_key


def test_without_a_terminal_the_list_is_text(demo_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """``open`` alone, and nothing at all, tell the same and end well."""
    assert main(["open", "--store", "demo"]) == 0
    told = capsys.readouterr().out
    assert "Move the billing exports to schema v4" in told and "✗ 36" in told and "7 sessions" in told
    assert "\x1b" not in told


def test_without_a_command_too(
    demo_store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``workbench`` is ``workbench open``."""
    monkeypatch.setenv("WORKBENCH_STORE", "demo")
    assert main([]) == 0
    assert "7 sessions" in capsys.readouterr().out


def test_without_a_terminal_a_session_is_its_last_events(demo_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Or those up to the one that was named."""
    session_id = session_called(demo_store, "Move the billing")
    assert main(["open", session_id, "--store", "demo"]) == 0
    told = capsys.readouterr().out
    assert "412 events   36 errors" in told and "… 372 events before these" in told
    assert told.rstrip().endswith("retries_exhausted")
    assert main(["open", f"{session_id.removeprefix('sesn_')[:6]}:5", "--store", "demo"]) == 0
    told = capsys.readouterr().out
    assert "… 406 events after these" in told and "exports/*.py" in told


def test_an_empty_store_says_what_to_do(plain_surroundings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And is no error."""
    assert main(["open", "--store", "nothing"]) == 0
    assert "workbench demo" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 1, "no session 'nowhere'"),
        (["SESSION:999"], 1, "has events 0 to 49; there is no 999"),
        (["--keys", "j"], 2, "--keys needs --screen"),
        (["--keys", "j entr", "--screen", "a.txt"], 2, "--keys: 'entr' is no key"),
        (["--keys", "ctrl+nonsense", "--screen", "a.txt"], 2, "--keys: 'ctrl+nonsense' is no key"),
        (["--keys", "keys-of-mine.txt", "--screen", "a.txt"], 2, "--keys: 'keys-of-mine.txt' is no key"),
        (["--screen", "picture.png"], 2, ".svg or .txt"),
        (["--screen", "a.txt", "--size", "9x9"], 2, "not a size"),
        (["--screen", "a.txt", "--size", "wide"], 2, "not a size"),
    ],
)
def test_what_cannot_be_done_is_said(
    demo_store: Store, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    """On stderr, with the exit code that the command line promises."""
    words = [word.replace("SESSION", session_called(demo_store, "Fix the flaky")) for word in words]
    try:
        assert main(["open", *words, "--store", "demo"]) == code
    except SystemExit as stopped:
        assert stopped.code == code
    printed = capsys.readouterr()
    assert said in printed.err and printed.out == ""


def test_a_picture_is_what_keys_lead_to(demo_store: Store, tmp_path: Path) -> None:
    """The same every time; text or SVG; keys in words or in a file."""
    session_id = session_called(demo_store, "Move the billing")
    Path("keys.txt").write_text("g e\nslash l e d g e r enter\n")
    for keys, name in (("g e / l e d g e r enter", "one.txt"), ("keys.txt", "two.txt"), ("keys.txt", "three.svg")):
        words = ["open", session_id, "--store", "demo", "--keys", keys, "--screen", name, "--size", "90x30"]
        assert main(words) == 0
    one, two, svg = (Path(name).read_text() for name in ("one.txt", "two.txt", "three.svg"))
    assert one == two and "/ledger   " in one
    assert len(one.splitlines()) == 30 and max(map(len, one.splitlines())) <= 90
    assert svg.startswith("<svg") and "http" not in svg.replace("http://www.w3.org", "")


def test_every_key_of_the_app_can_be_played() -> None:
    """By the name it has in the table, and by the other names that there are for it."""
    names = [name for key in KEYS for name in key.keys]
    assert [name for name in [*names, "slash", "question_mark", "colon", "space", "ctrl+q"] if not is_key(name)] == []


def test_text_shows_what_stands_too(plain_surroundings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many lines as the app has, and the same."""
    store = Store("one").prepare()
    again = tool_result(1, 0)
    drafts = [message(0), tool_result(1, 0, is_error=True), message(2), again._replace(extra={"supersedes": 1})]
    add_session(store, "sesn_one", [[*drafts, message(4)]])
    assert main(["open", "sesn_one", "--store", "one"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "4 events   0 errors" in told[1] and [line.split()[0] for line in told[5:]] == ["0", "2", "3", "4"]
    assert main(["open", "sesn_one:1", "--store", "one"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-2].split()[0] == "3" and told[-1] == "… 1 event after these", "event 1 is event 3 now"


def test_in_a_terminal(demo_store: Store) -> None:
    """It draws, quits at a key, and leaves the terminal as it was."""
    terminal = Terminal(workbench("open", "--store", str(Path("demo").resolve())))
    for _ in range(120):
        terminal.read(0.5, quiet=0.1)
        if b"? keys" in terminal.written:
            break
    terminal.press(b"\x11")
    assert terminal.end(60) == 0
    text = terminal.written.decode()
    assert "Move the billing" in text
    assert text.index("\x1b[?1049h") < text.index("\x1b[?1049l") and text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_where_the_app_cannot_draw_it_does_not(demo_store: Store) -> None:
    """Textual draws on stderr; sent to a file, that would be the end of the file. It gets words instead."""
    words = workbench("open", "--store", str(Path("demo").resolve()))
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=ROOT)
    assert done.returncode == 0 and "7 sessions" in done.stdout and done.stderr == ""


def test_importing_the_app_is_quick_because_of_what_it_leaves_alone() -> None:
    """What only some screens or some sessions need is imported when they do."""
    late = [
        "anthropic",
        "docker",
        "duckdb",
        "pyarrow.compute",
        "pyarrow.dataset",
        "PIL",
        "workbench.graphics",
        "workbench.view.graphics.showing",
        "workbench.screens.help",
        "workbench.view.told",
    ]
    rooms = "workbench.app, workbench.screens.session"
    code = f"import sys, {rooms}; print([name for name in {late!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
