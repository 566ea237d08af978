"""A small sample of each part of the soak: the whole of it is `python -m tests.soak`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.files import make_folder, published, write_whole
from tests.soak.__main__ import main
from tests.soak.crowd import crowd
from tests.soak.damage import damage
from tests.soak.disk import disk
from tests.soak.keys import keys_at_random
from tests.soak.kill import kill
from tests.soak.outcome import Acknowledged
from tests.soak.power import watched
from tests.soak.steps import steps
from tests.support.builders import add_session, message, new_store, story

SEED = 20_261_120


def test_a_few_kills(tmp_path: Path) -> None:
    outcome = kill(tmp_path, SEED, 5)
    assert outcome.failures == [] and outcome.rounds == 5 and outcome.checks > 0


def test_a_little_damage(tmp_path: Path) -> None:
    outcome = damage(tmp_path, SEED, 1)
    assert outcome.failures == [] and outcome.rounds == 10


def test_a_small_crowd(tmp_path: Path) -> None:
    outcome = crowd(tmp_path, SEED, 1, ("import", "append", "pack", "delete", "forget", "read"), 0.3)
    assert outcome.failures == [] and outcome.events > 10


def test_a_full_disk(tmp_path: Path) -> None:
    outcome = disk(tmp_path, SEED, 20)
    if outcome.skipped:
        pytest.skip(outcome.skipped)
    assert outcome.failures == [] and outcome.checks > 5


def test_a_few_keys(tmp_path: Path) -> None:
    outcome = keys_at_random(tmp_path, SEED, 4, 100)
    assert outcome.failures == [] and outcome.events > 100 and outcome.checks > 50


def test_some_steps(tmp_path: Path) -> None:
    outcome = steps(tmp_path, SEED, 2)
    assert outcome.failures == [] and outcome.rounds == 12


def test_the_table_says_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "steps", "--rounds", "1", "--seed", "5"]) == 0
    told = capsys.readouterr()
    assert "seed 5" in told.err
    assert told.out.splitlines()[0].split()[:3] == ["part", "rounds", "events"]
    assert told.out.splitlines()[1].split()[:2] == ["steps", "6"]


def test_what_was_lost_would_be_noticed(tmp_path: Path) -> None:
    """The check that everything rests on: an event that is missing, changed, doubled, or a session that is back."""
    store, known = new_store(tmp_path / "store"), Acknowledged()
    add_session(store, "sesn_1", [story(0, 2)])
    for line in ("+ sesn_1 0 sevt_000000", "+ sesn_1 1 sevt_000001", "* nothing"):
        known.take(line)
    assert known.check(store, "sesn_1") is None and known.count == 2
    known.take("+ sesn_1 2 sevt_000002")
    assert "acknowledged and not there: {2: 'sevt_000002'}" in str(known.check(store, "sesn_1"))
    with store.writer("sesn_1") as log:
        log.append([message(1)])
    assert "acknowledged and not there" in str(known.check(store, "sesn_1"))
    known.events["sesn_1"].pop(2)
    assert "3 events, 2 different" in str(known.check(store, "sesn_1"))
    for line in ("- sesn_1", "= sesn_1"):
        known.take(line)
    assert known.check(store, "sesn_1") == "sesn_1 was deleted and is there"
    store.delete("sesn_1")
    assert known.check(store, "sesn_1") is None and known.sessions() == []
    known.take("~ sesn_1")
    known.take("+ sesn_1 0 sevt_000009")
    assert "SessionNotFound" in str(known.check(store, "sesn_1"))


def test_what_was_never_synced_is_not_left_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power cut that is played takes what would be taken: bytes and names, each until it is synced."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "old").write_bytes(b"old")
    with watched(monkeypatch, root) as platter:
        write_whole(root / "synced", b"synced")
        with published(root / "not synced", durable=False) as file:
            file.write(b"not synced")
        os.rename(root / "old", root / "renamed")
        platter.left(tmp_path / "first")
        with published(root / "names are", durable=False) as file:
            file.write(b"bytes are not")
        make_folder(root / "folder")
        platter.left(tmp_path / "second")
    left = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir() if path.is_file()}
        for name in ("first", "second")
    ]
    assert left[0] == {"old": b"old", "synced": b"synced"}
    assert left[1] == {"renamed": b"old", "synced": b"synced", "not synced": b"", "names are": b""}
    assert (tmp_path / "second" / "folder").is_dir()
