"""Ways out of the app: the clipboard, an editor, a pager, a command; what leaves is masked, what happened is said."""

from __future__ import annotations

import base64
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import ATTACKS
from workbench import external
from workbench.external import Masked, copied, masked

KEY = "sk-ant-api03-" + "Ab3_" * 12


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No program in sight, and files go to a folder of the test's; returns where programs are looked for."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return programs


def program(folder: Path, name: str, code: str) -> Path:
    """A program of the test's own, in Python."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    path.chmod(0o755)
    return path


# ── the clipboard ────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=200) | st.sampled_from(sorted(ATTACKS.values())))
def test_a_terminal_is_given_nothing_but_base64(text: str) -> None:
    """Whatever is copied, and it arrives whole."""
    sequence = external.osc_52(text)
    match = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/]*={0,2})\x07", sequence)
    assert match is not None
    assert base64.b64decode(match[1]).decode() == text.encode("utf-8", "replace").decode()


def test_a_short_text_goes_through_the_terminal() -> None:
    """And that is said."""
    written: list[str] = []
    said = copied("payload, 5 bytes,", Masked("hello", 0), written.append, "x.json")
    assert said == "payload, 5 bytes, copied through the terminal (OSC 52)"
    assert written == ["\x1b]52;c;aGVsbG8=\x07"]


def test_a_long_text_is_taken_by_a_program_if_there_is_one(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has somewhere to copy to."""
    taken = nowhere / "taken"
    program(nowhere, "xclip", f"open({str(taken)!r}, 'wb').write(sys.stdin.buffer.read())")
    monkeypatch.delenv("DISPLAY", raising=False)
    written: list[str] = []
    assert " is in " in copied("text", Masked("é" * 60_000, 0), written.append, "x.txt")
    monkeypatch.setenv("DISPLAY", ":0")
    assert copied("text", Masked("é" * 60_000, 0), written.append, "x.txt") == "text copied by xclip"
    assert taken.read_text() == "é" * 60_000 and written == []


def test_a_program_that_fails_is_no_way(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text ends up in a file, and its name is said."""
    program(nowhere, "wl-copy", "sys.exit(1)")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    said = copied("text", Masked("x" * 90_000, 0), lambda _: None, "sevt_1.txt")
    match = re.fullmatch(r"text is too large for the terminal's clipboard, so it is in (\S+/sevt_1\.txt)", said)
    assert match is not None
    path = Path(match[1])
    assert path.read_text() == "x" * 90_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o400 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_secrets_stay_behind_and_that_is_said() -> None:
    """Whichever way the text takes."""
    written: list[str] = []
    said = copied("text", masked(f"export KEY={KEY} and {KEY}"), written.append, "x.txt")
    assert said.endswith("; 2 secrets masked")
    assert KEY not in base64.b64decode(written[0][7:-1]).decode()


# ── files and programs ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sevt_01.json", "sevt_01.json"),
        ("../../etc/passwd.json", "etcpasswd.json"),
        ("\x1b[2J\u202e.json", "2J.json"),
        ("\0.txt", "event.txt"),
        ("é" * 300 + ".json", "event.json"),
    ],
)
def test_a_file_is_called_after_its_event_and_nothing_else(name: str, file: str) -> None:
    """An event's id may say anything."""
    assert external.file_name(name) == file


def test_an_editor_reads_the_file_and_leaves_nothing_behind(nowhere: Path) -> None:
    """It is called as one likes it, with options; its failing is said."""
    seen = nowhere / "seen"
    program(nowhere, "ed", f"open({str(seen)!r}, 'w').write(' '.join(sys.argv[1:]) + open(sys.argv[-1]).read())")
    assert external.open_file(["ed", "-n"], "sevt_1.json", b"{}") == ""
    option, _, rest = seen.read_text().partition(" ")
    assert option == "-n" and rest.endswith("/sevt_1.json{}")
    assert not Path(rest.removesuffix("{}")).parent.exists()
    program(nowhere, "ed", "sys.exit(3)")
    assert external.open_file(["ed"], "sevt_1.json", b"{}") == "ed ended with 3"


def test_a_program_that_is_missing_is_one_line(nowhere: Path) -> None:
    """And nothing was written for it."""
    assert external.open_file(["nowhere\x1b[2J"], "sevt_1.json", b"{}") == "there is no program nowhere\\x1b[2J"
    assert os.listdir(nowhere.parent) == ["programs"]


def test_the_editor_and_the_pager_are_those_somebody_chose() -> None:
    """With the usual ones where nobody has."""
    assert external.editor({"EDITOR": "code --wait"}) == ["code", "--wait"]
    assert external.editor({"VISUAL": "vim", "EDITOR": "ed"}) == ["vim"]
    assert external.editor({"EDITOR": "  "}) == ["vi"] and external.pager({}) == ["less"]
    assert external.pager({"PAGER": "less -R"}) == ["less", "-R"]
    assert external.pager({"PAGER": "odd 'quote"}) == ["odd 'quote"]


def test_ctrl_c_ends_the_program_and_not_the_app() -> None:
    """The terminal sends it to both; afterwards it means what it did."""
    before = signal.getsignal(signal.SIGINT)
    interrupt = f"kill -INT {os.getpid()}; kill -INT $$"
    with external.undisturbed():
        assert subprocess.run(interrupt, shell=True).returncode == -signal.SIGINT
    assert signal.getsignal(signal.SIGINT) == before


def test_a_command_gets_the_payload_and_somebody_time_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its output stays until enter is pressed."""
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    assert external.pipe(f"cat > {tmp_path}/out; echo done", b"payload") == ""
    assert (tmp_path / "out").read_bytes() == b"payload"
    out, err = capfd.readouterr()
    assert out == "done\n" and err.endswith("[enter leads back]")
    assert external.pipe("exit 5", b"x" * 10**6) == "exit 5 ended with 5"
