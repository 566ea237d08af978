"""Worker processes as the soak sees them: what they say on their pipe, and kill -9."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Worker:
    """A real process that does one kind of work on a store (`tests.soak.work`) and says what was acknowledged."""

    def __init__(self, kind: str, store: Path, seed: int, *more: str) -> None:
        command = [sys.executable, "-m", "tests.soak.work", kind, str(store), str(seed), *more]
        self.kind = kind
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdout is not None and self.process.stdin is not None and self.process.stderr is not None
        self._pipe = self.process.stdout.fileno()
        self._rest = b""
        self.ended = False

    def lines(self, at_least: int, seconds: float) -> list[str]:
        """What it says until so many lines have come, so much time has passed, or it has ended."""
        found: list[str] = []
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while len(found) < at_least and not self.ended:
                left = until - time.monotonic()
                if left <= 0 or not selector.select(left):
                    break
                found += self._read()
        return found

    def _read(self) -> list[str]:
        data = os.read(self._pipe, 1 << 20)
        self.ended = not data
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [line.decode() for line in whole]

    def killed(self) -> list[str]:
        """kill -9, and whatever it had still said: that was acknowledged too."""
        self.process.kill()
        return self._to_the_end()

    def told_to_end(self) -> None:
        """Close its stdin: it ends when it has done what it is at."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def finished(self, seconds: float = 120) -> list[str]:
        """Tell it to come to an end, and hear it out."""
        self.told_to_end()
        return self.lines(1 << 60, seconds) + self._to_the_end()

    def _to_the_end(self) -> list[str]:
        found: list[str] = []
        if (
            self.process.poll() is None
            and not self.ended
            and self.process.stdin is not None
            and self.process.stdin.closed
        ):
            self.process.kill()  # it was asked to end, and has not
        while not self.ended:
            found += self._read()
        self.process.wait()
        return found

    def complaint(self) -> str | None:
        """What it died of, if not of being killed; after `killed` or `finished`."""
        assert self.process.stderr is not None
        said = self.process.stderr.read().decode(errors="replace")
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        if self.process.returncode in (0, -9) and "Traceback" not in said:
            return None
        return f"{self.kind} ended with {self.process.returncode}: {said.strip()[-1500:]}"
