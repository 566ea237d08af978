"""Programs in a terminal, and what may reach one: every byte is kept, and taken apart into text and sequences."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUIET_S = 0.4
"""A program that has said nothing for so long waits for a key."""


class Terminal:
    """A program that believes it has a terminal, and all that it wrote to it."""

    def __init__(
        self, words: Sequence[str], size: tuple[int, int] = (120, 32), environment: Mapping[str, str] | None = None
    ) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST  # bytes arrive as they were written
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        whole = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": "", **(environment or {})}
        self._process = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, env=whole, cwd=ROOT, start_new_session=True
        )
        os.close(slave)
        self._master = master
        self.written = bytearray()

    def read(self, seconds: float, quiet: float | None = None) -> bool:
        """Take in what is written until the program ends (True), is silent for ``quiet``, or ``seconds`` are over."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], min(left, quiet or left))
            if not ready:
                if quiet is not None:
                    return False
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            if not data:
                return True
            self.written += data
        return False

    def press(self, keys: bytes, seconds: float = 20) -> None:
        """Type, and take in what comes of it."""
        os.write(self._master, keys)
        self.read(seconds, QUIET_S)

    def hang_up(self, seconds: float = 20) -> int:
        """Close the window; the program's exit code. Raises if it goes on without one."""
        os.close(self._master)
        try:
            return self._process.wait(seconds)
        finally:
            self._process.kill()

    def end(self, seconds: float = 120) -> int:
        """Read to the end; the program's exit code. Kills it if it does not end."""
        if not self.read(seconds):
            os.killpg(self._process.pid, signal.SIGKILL)
        os.close(self._master)
        return self._process.wait()


def workbench(*words: str) -> list[str]:
    """The command line of a ``workbench`` command."""
    return [sys.executable, "-m", "workbench", *words]


def in_terminal(*words: str, **environment: str) -> tuple[int, bytes]:
    """Run a ``workbench`` command in a terminal; its exit code and every byte that reached the terminal."""
    terminal = Terminal(workbench(*words), environment=environment)
    code = terminal.end()
    return code, bytes(terminal.written)


# ── what may reach a terminal ────────────────────────────────────────────────────────────────────────────────────────

_SEQUENCE = re.compile(
    r"\x1b\[[<=>?]?[0-9;:]*[ !$']?[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b[78=>]|\x1b\([B0]"  # cursor kept, keypad, character sets
    r"|\x1b\]22;[a-z-]*\x07"  # the pointer's shape
)
"""Sequences that Textual writes. No other OSC, no DCS, APC, PM, SOS; no C1; no reset."""
ERASE_LINE = ("\r", "\x1b[K")
"""What a line of progress is overwritten with."""


def sequences(written: bytes) -> tuple[list[str], str]:
    """The control sequences in what was written, and the rest. Raises where it is not UTF-8."""
    text = written.decode("utf-8")
    return _SEQUENCE.findall(text), _SEQUENCE.sub("", text)


def unfit(text: str, *allowed: str) -> set[str]:
    """Characters of ``text`` that could act on a terminal, other than a line end and those ``allowed``."""
    return {c for c in text if not (c.isprintable() or c in ("\n", "\u3000", "\xa0") or c in allowed)}
