"""What may stand where the app keeps its own files: it is said or set aside, nothing waits for it, nothing crashes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.store import Store
from tests.support.driver import Person, errand, session_called
from workbench.app import WorkbenchApp
from workbench.kept import queries, settings
from workbench.kept.queries import Queries
from workbench.kept.remembered import Remembered
from workbench.kept.settings import WrongSettings
from workbench.kept.small_file import NoSmallFile, read_small
from workbench.picture import settle
from workbench.view.session.source import SessionSource


def endless(path: Path) -> None:
    """A device that never ends."""
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def folder(path: Path) -> None:
    """A folder with something in it."""
    (path / "in").mkdir(parents=True)


def huge(path: Path) -> None:
    """100 MB, none of them on the disk."""
    path.touch()
    os.truncate(path, 100 << 20)


def deep(path: Path) -> None:
    """What nests deeper than anybody can follow."""
    path.write_bytes(b"a = " + b"[" * 100_000)


def loop(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path)


ODD = [endless, pipe, folder, huge, deep, loop]


@pytest.mark.parametrize("put", ODD)
def test_settings_that_are_none_are_refused_in_a_line(tmp_path: Path, put: Callable[[Path], None]) -> None:
    path = tmp_path / "settings.toml"
    put(path)
    with pytest.raises(WrongSettings) as refused:
        settings.read({settings.VARIABLE: str(path)})
    assert str(refused.value).startswith(f"{path}: ") and len(str(refused.value).splitlines()) == 1


def test_a_number_longer_than_any_is_no_setting(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("stall_seconds = " + "1" * 5_000)
    with pytest.raises(WrongSettings, match="not TOML"):
        settings.read({settings.VARIABLE: str(path)})


@pytest.mark.parametrize("put", ODD)
def test_nothing_remembered_is_worth_waiting_for(tmp_path: Path, put: Callable[[Path], None]) -> None:
    path = tmp_path / "remembered" / "store.json"
    path.parent.mkdir()
    put(path)
    first = Remembered(path, "store")
    assert first.position("sesn_1") is None and first.trouble
    first.mark("sesn_1", 3, "sevt_3")
    first.close()
    assert [mark.seq for mark in first.marks("sesn_1")] == [3]


@pytest.mark.parametrize("put", ODD)
def test_no_kept_query_is_worth_waiting_for(tmp_path: Path, put: Callable[[Path], None]) -> None:
    path = tmp_path / "queries.json"
    put(path)
    kept = Queries(path)
    assert kept.history == [] and kept.problem
    kept.ran("select 1")
    assert kept.history == ["select 1"]


def test_queries_that_cannot_be_read_now_are_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's, say, in a folder that is ours: it may be readable again tomorrow."""
    path = tmp_path / "queries.json"
    Queries(path).ran("select 'precious'")

    def refused(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as closed:
        closed.setattr(queries, "read_small", refused)
        kept = Queries(path)
        kept.ran("select 1")
        assert kept.history == ["select 1"] and "Permission denied" in kept.problem
    assert Queries(path).history == ["select 'precious'"]


def test_a_small_file_is_read_whole_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_small(path, 5) == b"12345"
    with pytest.raises(NoSmallFile, match="larger than 4 bytes"):
        read_small(path, 4)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
PARTS = ("version", "store", "places", "marks", "layout", "typed", "history", "saved")


@given(found=ANYTHING | st.dictionaries(st.sampled_from(PARTS), ANYTHING | st.just(1)))
def test_whatever_types_stand_in_a_file_it_is_read_or_set_aside(
    found: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("kept")
    for name in ("remembered.json", "queries.json"):
        (place / name).write_text(json.dumps(found))
    first = Remembered(place / "remembered.json")
    first.typed("search", "words")
    first.mark("sesn_1", 1, "sevt_1")
    first.close()
    assert first.history("search")[-1] == "words" and first.layout("wrap", True) in (True, False)
    kept = Queries(place / "queries.json")
    kept.ran("select 1")
    assert Queries(place / "queries.json").history[-1] == "select 1"


@errand
async def test_places_and_marks_beyond_the_session_lead_nowhere(demo_store: Store) -> None:
    """Numbers that no event has, and arrangements that there are not: the session opens, and moves."""
    session_id = session_called(demo_store, "Move the billing exports")
    kept = Remembered()
    far = 2**64 - 1
    kept.stand_at(session_id, far, "sevt_none")
    for seq in (far, 2**31, 3):
        kept.mark(session_id, seq, "sevt_none", "\x1b[6n")
    for name in ("wrap", "times", "scale", "split", "theme", "grouping", "strand", "speed", "tab", "sort", "pane"):
        kept.arrange(name, far)
    app = WorkbenchApp(demo_store, SessionSource(demo_store, session_id), remembered=kept)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        person = Person(app, pilot)
        await person.press("u", "U", "d", "D", "j", "k", "g")
        assert person.cursor == 0 and "\x1b" not in person.screen
