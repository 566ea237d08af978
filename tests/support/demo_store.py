"""The demo's store as tests see it: made once a run, shown under the same name everywhere, in one time zone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store import Store
from workbench.demo import store as demo
from workbench.view.found import KINDS


@pytest.fixture(scope="session")
def demo_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's store in it."""
    folder = tmp_path_factory.mktemp("made")
    demo.ensure(Store(folder / "demo"))
    return folder


@pytest.fixture
def plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Nothing from outside decides how a screen looks: time zone, colours, theme, or where files are."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "WORKBENCH_STORE", "WORKBENCH_SETTINGS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for kind in KINDS:
        monkeypatch.delenv(kind.variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("STATE", "CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def demo_store(demo_made: Path, plain_surroundings: Path) -> Store:
    """The demo's sessions, in a store that is the test's own."""
    shutil.copytree(demo_made / "demo", plain_surroundings / "demo")
    return Store("demo")
