"""What is remembered from one run to the next: per store, where somebody was, what they marked, typed and arranged.

    remembered = Remembered.of(store)              for good: a file of its own in the platform's folder for state
    remembered = Remembered()                      as long as the app runs, for pictures and tests

    remembered.position(session_id)                the event somebody was at last, a `Place`; or None
    remembered.stand_at(session_id, seq, event_id)
    remembered.marks(session_id)                   `Mark`s in order of their seq
    remembered.mark(session_id, seq, event_id, label="")    again: the label is another
    remembered.unmark(session_id, seq)
    remembered.layout("wrap", True)                how something was arranged, or else what is given
    remembered.arrange("wrap", False)              true, false, text or a whole number
    remembered.history("search")                   what was typed, the oldest first
    remembered.typed("search", "MB/s")
    remembered.trouble                             why nothing is kept, or what became of the file; empty if all is well
    remembered.close()                             wait for what is still to be written

Everything is answered at once, from memory; the file is read when something is first asked for, and written on a
thread. Of a log nothing is kept but ids and numbers. What a change changes is put into the file as it then is, under a
lock, so that two apps at once lose nothing of each other's. A file that makes no sense is set aside, and said.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import platformdirs

from runtime.clock import now_us
from runtime.files import FileLock, make_folder, published
from runtime.store import Store
from workbench.kept.small_file import read_small

VERSION = 1
MOST_SESSIONS, MOST_MARKS, MOST_MARKS_IN_ALL, MOST_TYPED, MOST_LAYOUT = 1_000, 200, 5_000, 100, 50
"""Sessions with a place or with marks, marks in one session and in all, lines of a history, things arranged."""
LONGEST = 1_000
"""Characters of a label, an id or a line that was typed."""
MOST_STORES = 100
LARGEST_BYTES = 64 * 1024 * 1024
LOCK_SECONDS, CLOSING_SECONDS = 2.0, 2.0

Value = bool | int | str
Change = Callable[["Memory"], None]


class Place(NamedTuple):
    """An event somebody was at."""

    seq: int
    event_id: str
    when_us: int


class Mark(NamedTuple):
    """An event somebody marked."""

    seq: int
    event_id: str
    label: str
    when_us: int


class Memory:
    """What is remembered, as it stands in memory. What was touched longest ago comes first, and goes first."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.marks: dict[str, dict[int, Mark]] = {}
        self.layout: dict[str, Value] = {}
        self.typed: dict[str, list[str]] = {}

    def stand_at(self, session_id: str, place: Place) -> None:
        """Somebody is here now."""
        self.places.pop(session_id, None)
        self.places[session_id] = place
        _bound(self.places, MOST_SESSIONS)

    def mark(self, session_id: str, mark: Mark) -> None:
        """An event is marked."""
        marks = self.marks.pop(session_id, {})
        self.marks[session_id] = marks
        marks.pop(mark.seq, None)
        marks[mark.seq] = mark
        _bound(marks, MOST_MARKS)
        _bound(self.marks, MOST_SESSIONS)
        while sum(map(len, self.marks.values())) > MOST_MARKS_IN_ALL:
            del self.marks[next(iter(self.marks))]

    def unmark(self, session_id: str, seq: int) -> None:
        """It is not any more."""
        marks = self.marks.get(session_id, {})
        marks.pop(seq, None)
        if not marks:
            self.marks.pop(session_id, None)

    def arrange(self, name: str, value: Value) -> None:
        """Something looks like this now."""
        self.layout.pop(name, None)
        self.layout[name] = value
        _bound(self.layout, MOST_LAYOUT)

    def type(self, about: str, text: str) -> None:
        """Something was typed; the same again moves to the end."""
        lines = self.typed.setdefault(about, [])
        if text in lines:
            lines.remove(text)
        lines.append(text)
        del lines[:-MOST_TYPED]

    def as_json(self, store: str) -> bytes:
        """The file."""
        return orjson.dumps(
            {
                "version": VERSION,
                "store": store,
                "places": {session_id: list(place) for session_id, place in self.places.items()},
                "marks": {session_id: list(map(list, marks.values())) for session_id, marks in self.marks.items()},
                "layout": self.layout,
                "typed": self.typed,
            },
            option=orjson.OPT_INDENT_2,
        )

    @classmethod
    def from_json(cls, data: bytes) -> Memory:
        """The file read. Raises where it is anything else than what `as_json` makes."""
        found = orjson.loads(data)
        if found["version"] != VERSION:
            raise _AnotherVersion(str(found["version"])[:20])
        memory = cls()
        memory.places = {_text(name): _place(value) for name, value in found["places"].items()}
        for name, marks in found["marks"].items():
            memory.marks[_text(name)] = {mark.seq: mark for mark in map(_mark, marks)}
        memory.layout = {_text(name): _value(value) for name, value in found["layout"].items()}
        memory.typed = {_text(name): [_text(line) for line in lines] for name, lines in found["typed"].items()}
        return memory


class _AnotherVersion(ValueError):
    """A workbench newer than this one wrote the file."""


class Remembered:
    """What is remembered about one store. All of it may be asked from any thread."""

    def __init__(self, path: Path | None = None, store: str = "", clock: Callable[[], int] = now_us) -> None:
        """Kept at ``path``, or without one as long as this object is."""
        self.path, self._store, self._clock = path, store, clock
        self._lock = threading.Lock()
        self._memory: Memory | None = None if path else Memory()
        self._waiting: list[Change] = []
        self._written: Future[None] | None = None
        self._writer: ThreadPoolExecutor | None = None
        self.trouble = ""
        """Why nothing is kept, or what became of the file."""
        self.tell: Callable[[str], None] = lambda words: None
        """Told of trouble when it comes up, on whatever thread that is."""

    @classmethod
    def of(cls, store: Store) -> Remembered:
        """What is remembered about ``store``."""
        root = str(store.root.resolve())
        name = blake2b(root.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        return cls(folder() / f"{name}.json", root.encode("utf-8", "replace").decode())

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def position(self, session_id: str) -> Place | None:
        """Where somebody was last in a session."""
        return self._known().places.get(session_id)

    def marks(self, session_id: str) -> list[Mark]:
        """What somebody marked in a session, from its beginning to its end."""
        with self._lock:
            return sorted(self._known().marks.get(session_id, {}).values())

    def layout(self, name: str, otherwise: Value) -> Value:
        """How ``name`` was arranged; ``otherwise`` where it never was, or as something else than that is."""
        found = self._known().layout.get(name, otherwise)
        return found if type(found) is type(otherwise) else otherwise

    def history(self, about: str) -> list[str]:
        """What was typed, the newest last."""
        with self._lock:
            return list(self._known().typed.get(about, ()))

    # ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def stand_at(self, session_id: str, seq: int, event_id: str) -> None:
        """Somebody is at this event. To be told when they leave, not at every step."""
        place = Place(seq, _short(event_id), self._clock())
        self._change(lambda memory: memory.stand_at(session_id, place))

    def mark(self, session_id: str, seq: int, event_id: str, label: str = "") -> None:
        """Mark an event, or give its mark another label."""
        mark = Mark(seq, _short(event_id), _short(label), self._clock())
        self._change(lambda memory: memory.mark(session_id, mark))

    def unmark(self, session_id: str, seq: int) -> None:
        """Take a mark away."""
        self._change(lambda memory: memory.unmark(session_id, seq))

    def arrange(self, name: str, value: Value) -> None:
        """Have ``name`` like this from now on."""
        if self._known().layout.get(name) != value:
            self._change(lambda memory: memory.arrange(name, value))

    def typed(self, about: str, text: str) -> None:
        """Somebody typed ``text``; nothing is nothing to remember."""
        text = _short(text.strip())
        if text and self.history(about)[-1:] != [text]:
            self._change(lambda memory: memory.type(about, text))

    # ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _known(self) -> Memory:
        if self._memory is None:
            self._memory = self._read()
        return self._memory

    def _change(self, change: Change) -> None:
        """Change what is in memory now, and what is in the file soon."""
        known = self._known()
        with self._lock:
            change(known)
            if self.path is None:
                return
            self._waiting.append(change)
            if len(self._waiting) == 1:
                self._writer = self._writer or ThreadPoolExecutor(1, thread_name_prefix="remembered")
                self._written = self._writer.submit(self._write)

    def _write(self) -> None:
        """Put all changes that wait into the file as it is now."""
        assert self.path is not None
        try:
            make_folder(self.path.parent)
            lock = FileLock(self.path.with_suffix(".lock"))
            due = time.monotonic() + LOCK_SECONDS
            while not lock.acquire():
                if time.monotonic() > due:
                    raise TimeoutError(None, "another workbench does not let go of it")
                time.sleep(0.01)  # another app writes a file that is small
            try:
                self._write_locked(self.path)
            finally:
                lock.release()
        except OSError as error:
            self._give_up(f"what you do cannot be kept for the next run: {error.strerror}: {self.path}")
        except Exception as error:  # a full disk, in our own words
            self._give_up(f"what you do cannot be kept for the next run: {error}")

    def _write_locked(self, path: Path) -> None:
        fresh = self._read()
        with self._lock:
            changes, self._waiting = self._waiting, []
            for change in changes:
                change(fresh)
            if self.path is None:  # reading it came to that
                return
            self._memory = fresh
            data = fresh.as_json(self._store)
        is_new = not path.exists()
        with published(path, durable=False) as file:
            file.write(data)
        if is_new:
            _sweep(path.parent)

    def _read(self) -> Memory:
        """The file; nothing where there is none, or none that makes sense: that is set aside."""
        assert self.path is not None
        try:
            return Memory.from_json(read_small(self.path, LARGEST_BYTES))
        except FileNotFoundError:
            return Memory()
        except _AnotherVersion as error:
            self._give_up(f"{self.path} is of another workbench (version {error}): it stays as it is, nothing is kept")
        except OSError as error:
            self._give_up(f"what was remembered cannot be read, and nothing is kept: {error.strerror}: {self.path}")
        except Exception:  # whatever stands there, it is not worth a crash
            self._set_aside(self.path)
        return self._memory or Memory()

    def _set_aside(self, path: Path) -> None:
        aside = path.with_suffix(".odd")
        try:
            path.rename(aside)
        except OSError as error:
            self._give_up(f"{path} makes no sense and cannot be set aside ({error.strerror}): nothing is kept")
        else:
            self._say(f"what was remembered made no sense and begins anew; it is set aside in {aside}")

    def _give_up(self, words: str) -> None:
        """Remember as long as the app runs, and say so."""
        self.path, self._waiting = None, []
        self._say(words)

    def _say(self, words: str) -> None:
        self.trouble = words
        self.tell(words)

    def close(self) -> None:
        """Wait, a moment at most, until everything is written."""
        from concurrent.futures import wait

        if self._written is not None:
            wait([self._written], CLOSING_SECONDS)


def folder() -> Path:
    """Where all that is remembered is."""
    return Path(platformdirs.user_state_dir("workbench")) / "remembered"


def _sweep(where: Path) -> None:
    """Of stores that nobody has opened for longest, remember nothing."""
    files = sorted(where.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[MOST_STORES:]:
        path.unlink(missing_ok=True)
        path.with_suffix(".odd").unlink(missing_ok=True)


def _bound(things: dict[Any, Any], most: int) -> None:
    while len(things) > most:
        del things[next(iter(things))]


def _short(text: str) -> str:
    """As much of a text as is kept, in a form that a file can hold."""
    return text[:LONGEST].encode("utf-8", "replace").decode()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a number of an event or a time")
    return value


def _value(value: object) -> Value:
    if not isinstance(value, (bool, int, str)):
        raise TypeError("not a value")
    return value


def _place(value: object) -> Place:
    seq, event_id, when_us = _list(value, 3)
    return Place(_number(seq), _text(event_id), _number(when_us))


def _mark(value: object) -> Mark:
    seq, event_id, label, when_us = _list(value, 4)
    return Mark(_number(seq), _text(event_id), _text(label), _number(when_us))


def _list(value: object, length: int) -> list[object]:
    if not isinstance(value, list) or len(value) != length:
        raise TypeError("not a list of so many")
    return value
