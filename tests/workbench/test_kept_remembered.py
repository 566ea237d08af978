"""What is remembered between runs: asked and told without an app, by several at once, from files that are damaged."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from runtime.files import FileLock
from runtime.store import Store
from workbench.kept import remembered
from workbench.kept.remembered import Mark, Place, Remembered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where it is kept."""
    return tmp_path / "state" / "store.json"


def run(path: Path) -> Remembered:
    """What another run of the app remembers. Its clock counts."""
    clock = itertools.count(1)
    return Remembered(path, "/stores/one", lambda: next(clock))


def after(first: Remembered) -> Remembered:
    """The run after ``first``."""
    first.close()
    assert first.path is not None and first.trouble == ""
    return run(first.path)


# ── from one run to the next ─────────────────────────────────────────────────────────────────────────────────────────


def test_everything_is_there_again_in_the_next_run(path: Path) -> None:
    """Places, marks, how things were arranged, what was typed."""
    first = run(path)
    first.stand_at("sesn_a", 1_204, "sevt_x")
    first.mark("sesn_a", 90, "sevt_y")
    first.mark("sesn_a", 12, "sevt_z", "here it went wrong")
    first.arrange("wrap", False)
    first.arrange("time", "clock")
    first.typed("search", "MB/s")
    second = after(first)
    assert second.position("sesn_a") == Place(1_204, "sevt_x", 1)
    assert second.marks("sesn_a") == [Mark(12, "sevt_z", "here it went wrong", 3), Mark(90, "sevt_y", "", 2)]
    assert (second.layout("wrap", True), second.layout("time", "")) == (False, "clock")
    assert second.history("search") == ["MB/s"]


def test_of_what_nobody_did_nothing_is_remembered(path: Path) -> None:
    """And to ask writes nothing."""
    fresh = run(path)
    assert fresh.position("sesn_a") is None and fresh.marks("sesn_a") == [] and fresh.history("filter") == []
    assert fresh.layout("wrap", True) is True
    fresh.close()
    assert not path.parent.exists()


def test_without_a_file_it_lasts_as_long_as_the_app() -> None:
    """For pictures and tests."""
    one = Remembered()
    one.mark("sesn_a", 3, "sevt_c")
    assert [mark.seq for mark in one.marks("sesn_a")] == [3] and Remembered().marks("sesn_a") == []


def test_each_store_has_a_file_of_its_own_that_nobody_else_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the platform's folder for state, however the store is named."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    one, same, other = (Remembered.of(Store(name)) for name in ("one", tmp_path / "one", "other"))
    assert one.path == same.path != other.path
    one.typed("search", "x")
    one.close()
    assert one.path is not None and one.path.parent == tmp_path / "state" / "workbench" / "remembered"
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700
    assert [file.name for file in one.path.parent.iterdir()] == [one.path.name], "a lock or half a file was left"


def test_marks_can_be_given_another_label_and_taken_away(path: Path) -> None:
    """A session without any is forgotten."""
    first = run(path)
    first.mark("sesn_a", 5, "sevt_e")
    first.mark("sesn_a", 5, "sevt_e", "the first call")
    first.mark("sesn_a", 6, "sevt_f")
    first.unmark("sesn_a", 6)
    first.unmark("sesn_a", 77)
    first.unmark("sesn_b", 1)
    assert [mark.label for mark in first.marks("sesn_a")] == ["the first call"]
    second = after(first)
    assert [mark.label for mark in second.marks("sesn_a")] == ["the first call"]
    second.unmark("sesn_a", 5)
    second.close()
    assert json.loads(path.read_bytes())["marks"] == {}


def test_the_history_has_each_line_once_and_nothing_that_is_nothing(path: Path) -> None:
    """What is typed again is the newest."""
    first = run(path)
    for text in ("one", "two", "  ", "one ", "one"):
        first.typed("filter", text)
    assert first.history("filter") == ["two", "one"]
    assert after(first).history("filter") == ["two", "one"]


def test_a_layout_of_another_kind_is_as_good_as_none(path: Path) -> None:
    """A later version may keep text where this one had yes or no."""
    first = run(path)
    first.arrange("wrap", "sometimes")
    first.arrange("scale", True)
    assert first.layout("wrap", True) is True and first.layout("scale", 1) == 1


# ── it stays small ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_touched_longest_ago_is_forgotten_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions, marks, typed lines; text is kept up to a length."""
    for name in ("MOST_SESSIONS", "MOST_MARKS", "MOST_TYPED"):
        monkeypatch.setattr(remembered, name, 3)
    monkeypatch.setattr(remembered, "MOST_MARKS_IN_ALL", 4)
    first = run(path)
    for name in "abcad":
        first.stand_at(name, 1, "sevt_x")
    for number in range(5):
        first.mark("many", number, "sevt_x", "long" * 1_000)
        first.typed("search", str(number))
    first.mark("other", 1, "sevt_y")
    second = after(first)
    assert [second.position(name) is None for name in "abcd"] == [False, True, False, False]
    assert [mark.seq for mark in second.marks("many")] == [2, 3, 4]
    assert second.history("search") == ["2", "3", "4"]
    assert len(second.marks("many")[0].label) == remembered.LONGEST
    second.mark("other", 2, "sevt_z")
    assert second.marks("many") == [] and len(second.marks("other")) == 2


def test_of_stores_that_nobody_opens_nothing_is_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files used last stay."""
    monkeypatch.setattr(remembered, "MOST_STORES", 2)
    for number, name in enumerate("abc"):
        one = run(tmp_path / f"{name}.json")
        one.typed("search", "x")
        one.close()
        if name != "c":
            import os

            os.utime(tmp_path / f"{name}.json", (number, number))
    assert {file.name for file in tmp_path.iterdir()} == {"b.json", "c.json"}


# ── two at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_apps_at_once_lose_nothing_of_each_other(path: Path) -> None:
    """Each sees what the other did as soon as it writes something itself."""
    one, two = run(path), run(path)
    assert one.marks("sesn_a") == two.marks("sesn_a") == []
    one.mark("sesn_a", 1, "sevt_a")
    one.close()
    two.mark("sesn_a", 2, "sevt_b")
    two.close()
    assert [mark.seq for mark in two.marks("sesn_a")] == [1, 2]
    one.unmark("sesn_a", 2)
    assert [mark.seq for mark in after(one).marks("sesn_a")] == [1]


def _mark_many(path: Path, first: int) -> None:
    own = run(path)
    for seq in range(first, first + 40):
        own.mark("sesn_a", seq, f"sevt_{seq}")
    own.close()


def test_processes_that_write_at_the_same_time_take_turns(path: Path) -> None:
    """Every mark of each is there in the end."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_mark_many, args=(path, first)) for first in (0, 100, 200)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [mark.seq for mark in run(path).marks("sesn_a")] == [*range(40), *range(100, 140), *range(200, 240)]


def test_who_holds_the_lock_for_ever_costs_the_memory_not_the_app(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and remembered as long as the app runs."""
    monkeypatch.setattr(remembered, "LOCK_SECONDS", 0.05)
    path.parent.mkdir()
    lock = FileLock(path.with_suffix(".lock"))
    assert lock.acquire()
    one = run(path)
    one.mark("sesn_a", 1, "sevt_a")
    one.close()
    assert "another workbench does not let go of it" in one.trouble
    assert [mark.seq for mark in one.marks("sesn_a")] == [1] and not path.exists()
    lock.release()


# ── files that make no sense ─────────────────────────────────────────────────────────────────────────────────────────


def whole(path: Path) -> bytes:
    """A file with something of everything in it."""
    one = run(path)
    one.stand_at("sesn_a", 4, "sevt_x")
    one.mark("sesn_a", 9, "sevt_y", "here")
    one.arrange("wrap", False)
    one.typed("search", "needle")
    one.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"[]",
        lambda data: b"\xff" * 10,
        lambda data: data.replace(b'"marks"', b'"remarks"'),
        lambda data: data.replace(b'"needle"', b"7"),
        lambda data: data.replace(b"9,", b'"9",'),
        lambda data: data.replace(b"9,", b"-9,"),
        lambda data: data.replace(b"4,", b"4, 4,"),
        lambda data: data.replace(b"false", b"[false]"),
        lambda data: data.replace(b"false", b"null"),
    ],
    ids=["empty", "torn", "a list", "no text", "a part missing", "typed number", "seq as text", "negative seq",
         "place too long", "odd layout", "no layout"],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_set_aside_and_said_once(path: Path, spoil) -> None:  # type: ignore[no-untyped-def]  # of bytes
    """Nothing is lost of it, nothing believed of it, and what is done from now on is kept."""
    spoilt = spoil(whole(path))
    path.write_bytes(spoilt)
    said: list[str] = []
    one = run(path)
    one.tell = said.append
    assert one.marks("sesn_a") == [] and one.position("sesn_a") is None
    assert len(said) == 1 and str(path.with_suffix(".odd")) in said[0]
    assert path.with_suffix(".odd").read_bytes() == spoilt
    one.mark("sesn_a", 1, "sevt_a")
    one.close()
    assert len(said) == 1 and [mark.seq for mark in run(path).marks("sesn_a")] == [1]


def test_a_file_that_is_spoilt_while_the_app_runs_costs_nothing(path: Path) -> None:
    """What the app knows is written again."""
    whole(path)
    one = run(path)
    assert one.marks("sesn_a")
    path.write_bytes(b"{")
    one.mark("sesn_a", 10, "sevt_z")
    one.close()
    assert [mark.seq for mark in run(path).marks("sesn_a")] == [9, 10] and "set aside" in one.trouble


def test_the_file_of_a_newer_workbench_stays_as_it_is(path: Path) -> None:
    """Whoever goes back to the newer one finds everything."""
    newer = whole(path).replace(b'"version": 1', b'"version": 2')
    path.write_bytes(newer)
    one = run(path)
    one.mark("sesn_a", 1, "sevt_a")
    one.close()
    assert "version 2" in one.trouble and [mark.seq for mark in one.marks("sesn_a")] == [1]
    assert path.read_bytes() == newer


def test_where_nothing_can_be_written_it_is_said(path: Path) -> None:
    """And the app goes on remembering as long as it runs."""
    path.parent.write_text("a file where the folder should be")
    said: list[str] = []
    one = run(path)
    one.tell = said.append
    one.mark("sesn_a", 1, "sevt_a")
    one.close()
    assert len(said) == 1 and "cannot" in said[0] and [mark.seq for mark in one.marks("sesn_a")] == [1]
    one.mark("sesn_a", 2, "sevt_b")
    one.close()
    assert len(said) == 1 and len(one.marks("sesn_a")) == 2


def test_text_that_is_no_text_is_kept_as_near_as_can_be(path: Path) -> None:
    """Half a surrogate pair, as a terminal may send it."""
    first = run(path)
    first.typed("search", "a\ud800b")
    first.mark("sesn_a", 1, "sevt_\udcff", "\udcff")
    second = after(first)
    assert second.history("search") == ["a?b"] and second.marks("sesn_a")[0].label == "?"
