"""Queries that are kept between runs: those that were run lately, and those that somebody gave a name.

One small JSON file in the platform's state folder, only its owner's. Every change reads the file again first, so that
two apps at once lose nothing of each other's. A file that is torn or odd is put aside, not lost, and not a crash.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from runtime.errors import WorkbenchError
from runtime.files import make_folder, published
from workbench.kept.small_file import read_small

HISTORY, SAVED = 200, 200
"""How many of each are kept; of those that were run the last, of those with a name the ones that came first."""
LONGEST, LONGEST_NAME = 20_000, 60
LARGEST_FILE = 16 << 20


def queries_file() -> Path:
    """Where queries are kept."""
    return Path(platformdirs.user_state_dir("workbench")) / "queries.json"


class Queries:
    """What is kept. Read when it is made; changed by one thread at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or queries_file()
        self.history: list[str] = []
        """What was run, the last one last; each text once."""
        self.saved: dict[str, str] = {}
        """By name."""
        self._turn = threading.RLock()
        self.problem = ""
        """What is wrong with the file, if anything is."""
        self.read()

    def read(self) -> bool:
        """See what the file has now; False where it cannot be read, and so must not be written either."""
        try:
            self.history, self.saved = _understood(read_small(self.path, LARGEST_FILE))
        except FileNotFoundError:
            self.history, self.saved = [], {}
        except OSError as error:
            self.problem = f"queries that were kept cannot be read: {self.path}: {error.strerror or error}"
            return False
        except ValueError:
            self._put_aside()
        return True

    def ran(self, text: str) -> None:
        """``text`` was run: the last of the history now."""
        text = text.strip()
        if text and len(text) <= LONGEST:
            self._change(lambda: self._remember(text))

    def save(self, name: str, text: str) -> str:
        """Keep ``text`` under ``name``, instead of what had that name; why not, if not."""
        name, text = named(name), text.strip()
        if not name:
            return "a saved query needs a name"
        if not text or len(text) > LONGEST:
            return f"a query to save has 1 to {LONGEST:,} characters; this one has {len(text):,}"
        with self._turn:
            self.read()
            if name not in self.saved and len(self.saved) >= SAVED:
                return f"{SAVED} queries are saved already; delete one first"
            self._change(lambda: self._name(name, text))
        return self.problem

    def forget(self, name: str) -> None:
        """Delete the query that was saved as ``name``."""
        self._change(lambda: self._name(name, None))

    def _remember(self, text: str) -> None:
        self.history = [*(each for each in self.history if each != text), text][-HISTORY:]

    def _name(self, name: str, text: str | None) -> None:
        others = {each: kept for each, kept in self.saved.items() if each != name or text is not None}
        self.saved = others if text is None else {**others, name: text}

    def _change(self, change: Callable[[], object]) -> None:
        """Read, change, write; what cannot be written is at least known until the app ends."""
        with self._turn:
            readable = self.read()
            change()
            if not readable:
                return
            kept = {"version": 1, "history": self.history, "saved": self.saved}
            try:
                make_folder(self.path.parent)
                with published(self.path, durable=False) as file:
                    file.write(json.dumps(kept, indent=1).encode())
            except (OSError, WorkbenchError) as error:
                self.problem = f"queries cannot be kept: {self.path}: {getattr(error, 'strerror', None) or error}"

    def _put_aside(self) -> None:
        """The file makes no sense: begin anew, with the old one beside it."""
        aside = self.path.with_name(f"{self.path.name}.damaged")
        self.history, self.saved = [], {}
        with suppress(OSError):
            os.replace(self.path, aside)
        self.problem = f"the file of kept queries made no sense; it is now {aside}"


def named(name: str) -> str:
    """``name`` as it is kept: one line, not too long."""
    return " ".join(name.split())[:LONGEST_NAME].strip()


def _understood(data: bytes) -> tuple[list[str], dict[str, str]]:
    """History and saved queries of a file, without what is of the wrong kind; ValueError where it is no such file."""
    try:
        kept = json.loads(data)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(kept, dict):
        raise ValueError("no object")
    history, saved = kept.get("history"), kept.get("saved")
    runs = [each for each in history if _is_query(each)] if isinstance(history, list) else []
    pairs = saved.items() if isinstance(saved, dict) else ()
    names = {name: text for name, text in pairs if name and named(name) == name and _is_query(text)}
    return list(dict.fromkeys(runs))[-HISTORY:], dict(list(names.items())[:SAVED])


def _is_query(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= LONGEST and bool(text.strip())
