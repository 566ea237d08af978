"""``delete`` and ``verify`` as commands: what they say, what they leave, how they end."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import add_session, story
from workbench.__main__ import main


class Terminal(io.StringIO):
    """Somebody at a terminal, who types what they were made with."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with three sessions, two of them in a pack, which is the one that commands use."""
    monkeypatch.setenv("WORKBENCH_STORE", str(tmp_path / "store"))
    made = Store(tmp_path / "store").prepare()
    for name in ("sesn_aa", "sesn_ab"):
        add_session(made, name, [story(0, 4)], title=f"about \x1b[31m{name}")
    maintain(made, many=1)
    add_session(made, "sesn_b", [story(0, 4)])
    return made


def test_sessions_are_deleted_by_the_beginning_of_their_ids(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["delete", "aa", "sesn_b", "aa", "--yes"]) == 0
    assert capsys.readouterr().out == "deleted sesn_aa\ndeleted sesn_b\n"
    assert store.session_ids() == ["sesn_ab"]
    assert main(["delete", "aa", "--yes"]) == 1
    assert "no session 'aa'" in capsys.readouterr().err


def test_nothing_is_deleted_if_one_name_is_wrong(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["delete", "sesn_b", "a", "--yes"]) == 1
    assert "the beginning of 2 sessions" in capsys.readouterr().err
    assert len(store.session_ids()) == 3


@pytest.mark.parametrize(
    ("typed", "code", "left"), [("y\n", 0, 2), ("YES\n", 0, 2), ("\n", 1, 3), ("", 1, 3), ("no\n", 1, 3)]
)
def test_a_person_is_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, code: int, left: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert main(["delete", "aa"]) == code
    said = capsys.readouterr().err
    assert "sesn_aa  4 events  about" in said and "\x1b" not in said and "Delete this session for good? [y/N]" in said
    assert len(store.session_ids()) == left


def test_where_nobody_can_be_asked_yes_must_be_said(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["delete", "aa"]) == 2
    assert "--yes" in capsys.readouterr().err and len(store.session_ids()) == 3


def test_bytes_can_be_removed_at_once(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["delete", "aa", "b", "--yes", "--now", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"session_id": name, "deleted": True} for name in ("sesn_aa", "sesn_b")]
    assert not store.folder("sesn_b").exists() and store.packs.index().packs == ["000001"]
    assert not list(store.packs_folder.glob("000000*"))
    assert store.verify("sesn_ab") == 4


def test_a_session_that_is_being_written_is_not_deleted(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with store.writer("sesn_b"):
        assert main(["delete", "b", "--yes"]) == 1
    assert "another writer" in capsys.readouterr().err and store.exists("sesn_b")


def test_verify_names_what_is_no_sessions_own(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == "3 of 3 sessions hold; 12 events checked\n"
    path = store.packs_folder / "000000.rows.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    assert main(["verify", "--json"]) == 1
    told = capsys.readouterr()
    assert str(path) in told.err
    assert any(json.loads(line)["file"] == str(path) for line in told.out.splitlines())
    assert main(["verify", "sesn_b"]) == 0
