"""What other tools have left on this machine that could be imported: where, how many files, how much.

Folders are looked at, files are not opened: what is in them, the importers find out. The look is bounded, and ends
early when it is told to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from workbench.view import words
from workbench.view.text import Line, fit, shown

MOST_ENTRIES = 200_000
MOST_SECONDS = 3.0
"""After so much, a place has "more than" what was counted."""
CHECKED, UNCHECKED = "[x]", "[ ]"
NAME_CELLS, COUNT_CELLS, SIZE_CELLS = 16, 22, 12


class Kind(NamedTuple):
    """What a tool leaves, and where."""

    tool: str
    folder: str
    """From the home folder, or what `variable` names instead; a ``.`` begins one in the folder one is in."""
    ends: tuple[str, ...]
    """How names of its transcripts end."""
    variable: str = ""
    below: str = ""
    """From the folder that the variable names."""
    within: str = ""
    """The name of the folder that they are directly in, where other files end like that too."""


KINDS = (
    Kind("Claude Code", ".claude/projects", (".jsonl",), "CLAUDE_CONFIG_DIR", "projects"),
    Kind("Codex", ".codex/sessions", (".jsonl",), "CODEX_HOME", "sessions"),
    Kind("Codex, archived", ".codex/archived_sessions", (".jsonl",), "CODEX_HOME", "archived_sessions"),
    Kind("Gemini CLI", ".gemini/tmp", (".json",), within="chats"),
    Kind("OpenHands", ".openhands/sessions", (".json",), within="events"),
    Kind("mini-swe-agent", ".config/mini-swe-agent", (".traj.json",), "MSWEA_GLOBAL_CONFIG_DIR"),
    Kind("SWE-agent", "./trajectories", (".traj",)),
    Kind("Inspect", "./logs", (".eval",), "INSPECT_LOG_DIR"),
)


@dataclass(slots=True)
class Place:
    """Transcripts of one tool in one folder."""

    tool: str
    path: str
    files: int = 0
    bytes: int = 0
    whole: bool = True
    """All of it was counted."""
    chosen: bool = True


@dataclass(slots=True)
class Found:
    """All that was found, and which of it somebody wants."""

    places: list[Place] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """The folders that are chosen."""
        return [place.path for place in self.places if place.chosen]

    def turn(self, index: int) -> None:
        """Choose a place, or no longer."""
        if index < len(self.places):
            self.places[index].chosen = not self.places[index].chosen

    def turn_all(self) -> None:
        """Choose all, or none if all are chosen."""
        wanted = not all(place.chosen for place in self.places)
        for place in self.places:
            place.chosen = wanted

    def headline(self) -> str:
        """``Found 214 Claude Code transcripts, 340 MB``: what is chosen, in few words."""
        chosen = [place for place in self.places if place.chosen]
        if not chosen:
            return "Nothing is chosen"
        tool = f"{chosen[0].tool} " if len(chosen) == 1 else ""
        files = words.count(sum(place.files for place in chosen), f"{tool}transcript")
        more = "" if all(place.whole for place in chosen) else "more than "
        return f"Found {more}{files}, {words.size(sum(place.bytes for place in chosen))}"


def look(
    environment: Mapping[str, str] = os.environ, stop: Callable[[], bool] = lambda: False
) -> Found:  # fmt: skip
    """What there is, in the order of `KINDS`; a folder without transcripts is nothing."""
    due = monotonic() + MOST_SECONDS
    places: dict[str, Place] = {}
    for kind in KINDS:
        path = _path(kind, environment)
        if path is not None and path not in places and not stop():
            place = _counted(kind, path, due, stop)
            if place.files:
                places[path] = place
    return Found(list(places.values()))


def _path(kind: Kind, environment: Mapping[str, str]) -> str | None:
    """Where the transcripts of a kind would be."""
    if kind.variable and (named := environment.get(kind.variable)):
        return os.path.abspath(os.path.join(named, kind.below))
    home = environment.get("HOME")
    if kind.folder.startswith("./"):
        return os.path.abspath(kind.folder)
    return os.path.join(home, kind.folder) if home else None


def _counted(kind: Kind, path: str, due: float, stop: Callable[[], bool]) -> Place:
    place = Place(kind.tool, path)
    for number, entry in enumerate(_files(path)):
        if number >= MOST_ENTRIES or (number % 64 == 0 and (stop() or monotonic() > due)):
            place.whole = False
            break
        if entry.name.endswith(kind.ends) and (not kind.within or Path(entry.path).parent.name == kind.within):
            try:
                place.bytes += entry.stat().st_size
            except OSError:
                continue
            place.files += 1
    return place


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every file below ``folder``; no link is followed, what cannot be read is passed over."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry
        except OSError:
            continue


def place_line(place: Place, home: str, cells: int) -> Line:
    """A place as a line of a list."""
    role = "text" if place.chosen else "muted"
    more = "" if place.whole else "> "
    count = words.count(place.files, "transcript")
    line: Line = [
        (CHECKED if place.chosen else UNCHECKED, "accent" if place.chosen else "faint"),
        (" " + fit(place.tool, NAME_CELLS), role),
        (fit(more + count, COUNT_CELLS, right=True), role),
        (fit(words.size(place.bytes), SIZE_CELLS, right=True), "muted"),
    ]
    room = cells - len(CHECKED) - 1 - NAME_CELLS - COUNT_CELLS - SIZE_CELLS - 3
    return [*line, ("   " + fit(shown(_short(place.path, home)), room), "faint")] if room >= 12 else line


def _short(path: str, home: str) -> str:
    return "~" + path[len(home) :] if home and path.startswith(f"{home.rstrip('/')}/") else path
