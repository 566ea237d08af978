"""What commands say when they cannot do what was asked, or find nothing: one clear line, and the right exit code."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from runtime.asking.views import PUBLIC
from runtime.store import Store
from tests.support.builders import add_session, message, new_store, story
from tests.support.inspect_logs import document, sample
from tests.support.transcripts import transcript
from workbench.__main__ import main
from workbench.commands import COMMANDS

SESSION = "sesn_a000"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One session of twelve events."""
    store = new_store(tmp_path / "store")
    add_session(store, SESSION, [story(0, 12)])
    return store


def run(store: Store | Path, *words: str) -> int:
    """The exit code of a command."""
    try:
        return main([*words, "--store", str(store.root if isinstance(store, Store) else store)])
    except SystemExit as ended:  # argparse
        return int(ended.code or 0)


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        ["search", "MESSAGE 1", "-i", SESSION],
        ["search", "-i", "MESSAGE 1", SESSION],
        ["search", SESSION, "-i", "--json"],
        ["search", "MESSAGE 1", SESSION, "-i"],
    ],
)
def test_options_stand_anywhere(store: Store, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Before, between and after what they are options of."""
    assert run(store, *words) == 0
    assert ("message 1" in capsys.readouterr().out) == (words[1] != SESSION)


def test_help_still_names_every_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """With its name before what it is."""
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        told = capsys.readouterr().out
        assert ended.value.code == 0 and f"usage: workbench {name}" in told
        assert "\n  ==SUPPRESS" not in told and ("PATTERN  " in told) == (name == "search")


@pytest.mark.parametrize(
    "words", [["events", SESSION], ["sessions"], ["search", "message"], ["sql", "FROM range(300)"]]
)
def test_limits_mean_the_same_everywhere(store: Store, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """So many at most; 0 is no limit; anything else is refused."""
    add_session(store, "sesn_b000", [[message(0)]])
    counts: dict[str, int] = {}
    for limit in ("1", "0"):
        assert run(store, *words, "--json", "--limit", limit) == 0
        counts[limit] = len(capsys.readouterr().out.splitlines())
    assert run(store, *words, "--json") == 0
    assert counts["1"] == 1 < counts["0"] == len(capsys.readouterr().out.splitlines())
    for limit in ("-1", "x", "1.5"):
        assert run(store, *words, f"--limit={limit}") == 2
        assert "is not a number from 0 on" in capsys.readouterr().err


def test_no_limit_for_people_is_every_row(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there would be a limit if none was given."""
    assert run(store, "sql", "FROM range(300)", "--limit", "0") == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 301 and told.err == ""


@pytest.mark.parametrize(
    "words",
    [
        ["search", "\udcff\udcfe"], ["search", "\udcff", "-e"], ["search", "x", "\udcff"], ["sql", "SELECT '\udcff'"],
        ["sessions", "--filter", "\udcff"], ["events", "\udcff"], ["event", "\udcff", "0"], ["verify", "\udcff"],
        ["events", SESSION, "--type", "\udcff"], ["export", "\udcff"], ["delete", "\udcff", "--yes"],
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused_in_one_line(
    store: Store, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Bytes of the shell's that are no UTF-8 arrive as halves of surrogate pairs."""
    assert run(store, *words) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and "is not text in UTF-8" in told.err
    assert told.err.isascii()


def test_an_empty_pattern_is_refused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """As usage, not as a failure."""
    assert run(store, "search", "") == 2
    assert capsys.readouterr().err == "workbench: there is nothing to search for: PATTERN is empty.\n"


# ── nothing found ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", [[], ["--json"], ["--payload"]])
def test_events_that_match_nothing_say_so(store: Store, capsys: pytest.CaptureFixture[str], form: list[str]) -> None:
    """On stderr, and it is no failure."""
    assert run(store, "events", SESSION, "--type", "agent.nonsense", *form) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"no events like that in {SESSION}\n")
    add_session(store, "sesn_empty", [])
    assert run(store, "events", "sesn_empty", *form) == 0
    assert capsys.readouterr().err == "no events yet in sesn_empty\n"


# ── sql ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", ["show tables", "SHOW ALL TABLES;", " describe ", "PRAGMA show_tables"])
def test_tables_are_those_that_can_be_asked(store: Store, capsys: pytest.CaptureFixture[str], query: str) -> None:
    """Whichever way DuckDB would be asked for them; not what they are made of."""
    assert run(store, "sql", query, "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(PUBLIC) and all(row["shows"] for row in rows)


def test_a_table_can_be_described(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Each column, as DuckDB says it."""
    for name in PUBLIC:
        for query in (f"DESCRIBE {name}", f"SHOW {name}"):
            assert run(store, "sql", query, "--json") == 0
            columns = [json.loads(line)["column_name"] for line in capsys.readouterr().out.splitlines()]
            assert len(columns) > 3, query


# ── a forced format ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_of_another_format_is_called_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The wrong format forced on it: what it has, and what it looks like."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(transcript(1, 1).splitlines()[0].replace(b'"version"', b'"wersion"'))
    assert run(tmp_path / "store", "import", "--format", "inspect", str(path)) == 1
    told = capsys.readouterr()
    assert "no Inspect log, as it says no version; it is a JSON object with 'parentUuid', 'isSidechain'" in told.out
    assert told.err == f"{path} looks like claude_code; without --format it would be imported as that\n"
    path.write_bytes(re.sub(rb'"version": ?2', b'"version":9', document(sample(1))))
    assert run(tmp_path / "store", "import", "--format", "inspect", str(path)) == 1
    assert "an Inspect log of version 9; versions 1 to 3 are understood" in capsys.readouterr().out


# ── a store that is none, or may not be written to ───────────────────────────────────────────────────────────────────

ON_A_STORE = [
    ["sessions"], ["events", SESSION], ["event", SESSION, "0"], ["search", "x"], ["sql", "SELECT 1"], ["sql"],
    ["verify"], ["info"], ["import", "/no/such"], ["export", "--all"], ["share", SESSION], ["delete", SESSION, "--yes"],
    ["open"], ["open", SESSION], ["demo"],
]  # fmt: skip


@pytest.mark.parametrize("words", ON_A_STORE, ids=" ".join)
def test_a_store_that_is_a_file_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """By every command, before it does anything."""
    path = tmp_path / "store"
    path.write_text("not a store\n")
    assert run(path, *words) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err == (
        f"workbench: {path} is a file, and a store is a folder; name one with --store DIR.\n"
    )
    assert path.read_text() == "not a store\n"


def read_only(patched: pytest.MonkeyPatch, root: Path, number: int = errno.EROFS) -> None:
    """Have the system refuse whatever would change something in ``root``, as root is refused nothing else."""

    def refusing(name: str) -> None:
        real: Any = getattr(os, name)

        def call(path: Any, *rest: Any, **more: Any) -> Any:
            changes = name != "open" or bool(rest[0] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))
            if changes and isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(str(root)):
                raise OSError(number, os.strerror(number), os.fspath(path))
            return real(path, *rest, **more)

        patched.setattr(os, name, call)

    for name in ("open", "mkdir", "rename", "unlink", "rmdir", "utime", "truncate"):
        refusing(name)


@pytest.mark.parametrize("words", ON_A_STORE[:8] + ON_A_STORE[9:11] + ON_A_STORE[12:14], ids=" ".join)
def test_a_store_that_cannot_be_written_to_can_be_read(
    store: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Readers take no lock and leave nothing behind."""
    monkeypatch.chdir(tmp_path)
    read_only(monkeypatch, store.root)
    assert run(store, *words) == 0
    assert "Read-only" not in capfd.readouterr().err


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES], ids=["read-only", "forbidden"])
@pytest.mark.parametrize("words", [["delete", SESSION, "--yes"], ["import", "PATH"], ["import", "PATH", "--watch"]])
def test_a_store_that_cannot_be_written_to_is_named_in_one_line(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    number: int,
) -> None:
    """With what the system said."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(transcript(1, 2))
    read_only(monkeypatch, store.root, number)
    assert run(store, *[word.replace("PATH", str(path)) for word in words]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.startswith("workbench: the ") and os.strerror(number) in told
    assert number == errno.EROFS or f"the store {store.root} cannot be written to, or not by you" in told
