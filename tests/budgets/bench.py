"""What every family of bars is given: where things are made, which sizes, which interpreter, and a voice."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    runs: int = 7
    """Of whatever is quick."""
    huge: int = 1_000_000
    """Events of the one huge session."""
    heavy: tuple[int, int] = (100_000, 20)
    """Events of a session, and how many of them are of five megabytes."""
    sessions: int = 20_000
    import_megabytes: int = 220
    file_megabytes: tuple[int, int] = (100, 1_000)
    """Of one single file, to see what memory does."""
    keys: int = 200
    appends: int = 400
    """Per round."""


QUICK = Sizes(3, 150_000, (20_000, 5), 2_000, 60, (30, 150), 60, 150)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark."""

    folder: Path
    sizes: Sizes

    def made(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder ``name``, made by ``make`` the first time it is asked for."""
        path = self.folder / name
        if not path.exists():
            self.say(f"making {name} …")
            begun = time.perf_counter()
            beside = self.folder / f".{name}"
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            make(beside)
            beside.rename(path)
            self.say(f"made {name} in {time.perf_counter() - begun:.1f} s")
        return path

    def fresh(self, name: str) -> Path:
        """An empty folder of that name."""
        path = self.folder / "fresh" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def say(self, words: str) -> None:
        """Tell whoever waits what is going on."""
        print(f"  {words}", file=sys.stderr, flush=True)


def command(*words: str) -> list[str]:
    """``workbench …`` as a shell would run it: the installed program, else the module."""
    program = Path(sys.executable).with_name("workbench")
    return [str(program), *words] if program.exists() else [sys.executable, "-m", "workbench", *words]


def environment() -> dict[str, str]:
    """The environment commands run in: this one's, less what would lead them astray."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WORKBENCH_", "PYTHON", "TEXTUAL"))}
    kept |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    kept.pop("NO_COLOR", None)
    return kept


def shared(*parts: str) -> Path | None:
    """The folder of that name among the shared transcripts (``WORKBENCH_SHARED_DATA``, or beside the repository)."""
    named = os.environ.get("WORKBENCH_SHARED_DATA")
    path = (Path(named) if named else ROOT.parent / "shared" / "data").joinpath(*parts)
    return path if path.exists() else None
