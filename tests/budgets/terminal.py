"""The app in a pseudo-terminal: keys in, and out what a person would see, with the moment at which it was all there.

The terminal understands what Textual writes: places, text, clearing, and frames (``CSI ? 2026 h … l``, which it says it
can do when asked). Colours are dropped.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from types import TracebackType

from tests.budgets.bench import ROOT, environment
from tests.budgets.programs import computed_seconds, memory_mb
from tests.budgets.wire import Link, stretched

COLUMNS, LINES = 120, 32
PATIENCE_SECONDS = 60.0

_PART = re.compile(
    r"\x1b\[([?><=]?)([\d;:]*)([ -/]*[@-~])"  # CSI: mark, numbers, what to do
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[@-Z=>78c]|[\r\n\b\x07]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[?><=]?[\d;:]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?)?$")


class Screen:
    """Cells, and whether a frame is being drawn."""

    def __init__(self) -> None:
        self.cells = [[" "] * COLUMNS for _ in range(LINES)]
        self.row = self.column = 0
        self.frames = 0
        """Frames drawn to their end."""
        self.asked_for_frames = False
        self._rest = ""

    def feed(self, text: str) -> None:
        """Draw what was written."""
        text = self._rest + text
        cut = _UNFINISHED.search(text)
        self._rest = text[cut.start() :] if cut else ""
        at, end = 0, len(text) - len(self._rest)
        for part in _PART.finditer(text, 0, end):
            self._write(text[at : part.start()])
            self._obey(part)
            at = part.end()
        self._write(text[at:end])

    def _write(self, text: str) -> None:
        if not text:
            return
        cells: list[str] = list(text)
        if not text.isascii():
            cells = []
            for character in text:
                cells.append(character)
                if unicodedata.east_asian_width(character) in "WF":
                    cells.append("")
        cells = cells[: COLUMNS - self.column]
        self.cells[self.row][self.column : self.column + len(cells)] = cells
        self.column = min(COLUMNS - 1, self.column + len(cells))

    def _obey(self, part: re.Match[str]) -> None:
        mark, numbers, final = part[1], part[2], part[3]
        if final is None:
            if part[0] == "\r":
                self.column = 0
            elif part[0] == "\n":
                self.row = min(LINES - 1, self.row + 1)
        elif mark == "?" and numbers == "2026":
            self.frames += final == "l"
            self.asked_for_frames = self.asked_for_frames or final == "$p"
        elif final in "Hf":
            row, _, column = numbers.partition(";")
            self.row, self.column = min(LINES, int(row or 1)) - 1, min(COLUMNS, int(column or 1)) - 1
        elif final == "J":
            self.cells = [[" "] * COLUMNS for _ in range(LINES)]
        elif final == "K":
            self.cells[self.row][self.column :] = [" "] * (COLUMNS - self.column)

    def lines(self) -> list[str]:
        """The screen, line by line."""
        return ["".join(line) for line in self.cells]

    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines())


Seen = Callable[[Screen], bool]


class Terminal:
    """A program that believes a person sits before it."""

    def __init__(self, words: Sequence[str], link: Link | None = None) -> None:
        """Run it, over a slow ``link`` if one is given; `begun` is the moment just before."""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.screen = Screen()
        self._answered = False
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self.last = 0.0
        """When something was last written."""
        self.received = 0
        """Bytes that were written."""
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            list(words), stdin=theirs, stdout=theirs, stderr=theirs, env=environment(), cwd=ROOT, process_group=0
        )
        os.close(theirs)
        if link is not None:
            self._ours = stretched(self._ours, link)

    def until(self, seen: Seen, patience: float = PATIENCE_SECONDS) -> float:
        """Wait until the screen is as asked for, and no frame is half drawn; the moment at which it was."""
        deadline = time.perf_counter() + patience
        while not seen(self.screen):
            if not self._read(deadline - time.perf_counter()):
                raise TimeoutError(f"the screen did not come in {patience:g} s; it shows:\n{self.screen.text()}")
        return self.last

    def _read(self, patience: float) -> bool:
        """Draw one piece of what the program writes; False if there is none in time."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, patience))
        if not ready:
            return False
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:
            return False
        self.last = time.perf_counter()
        self.received += len(data)
        self.screen.feed(self._decoder.decode(data))
        if self.screen.asked_for_frames and not self._answered:
            self._answered = True
            os.write(self._ours, b"\x1b[?2026;2$y")
        return True

    def settle(self, quiet: float = 0.3, patience: float = 5.0) -> None:
        """Wait until nothing was written for a while."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline and self._read(quiet):
            pass

    def draw(self, patience: float) -> bool:
        """Draw one piece of what is written, if anything is within so many seconds."""
        return self._read(patience)

    def press(self, keys: str, seen: Seen) -> float:
        """Send keys; the seconds until the screen is as asked for."""
        sent = time.perf_counter()
        self.write(keys)
        return self.until(seen) - sent

    def write(self, keys: str) -> None:
        """Send keys, or what a mouse does."""
        os.write(self._ours, keys.encode())

    def memory_mb(self) -> dict[str, float]:
        """See `programs.memory_mb`."""
        return memory_mb(self._process.pid)

    def cpu_seconds(self) -> float:
        """What the program has computed so far."""
        return computed_seconds(self._process.pid)

    def close(self) -> None:
        """End the program."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
