"""Commands as a shell runs them: how long they take, and how much memory all of their processes take together."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.budgets.bench import ROOT, environment

SAMPLE_SECONDS = 0.02
MEBIBYTE = 1024 * 1024


class Ran(NamedTuple):
    """A command that was run."""

    seconds: float
    stdout: bytes
    code: int
    peak_mb: float
    """Most memory that it and its children took together; sampled."""
    cpu_seconds: float
    """What it and its children computed: on a busy machine the firmer figure."""


def run(words: Sequence[str], *, watch: bool = False) -> Ran:
    """Run a command to its end; with ``watch``, its memory is looked at all the while. Raises if it cannot be run."""
    computed, begun = _computed(), time.perf_counter()
    process = subprocess.Popen(
        list(words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    watcher = _Watcher(process.pid) if watch else None
    stdout, stderr = process.communicate()
    seconds = time.perf_counter() - begun
    peak = watcher.stop() if watcher else 0.0
    if process.returncode not in (0, 1) or (process.returncode and not stdout):
        raise RuntimeError(f"{' '.join(words[:6])} … ended with {process.returncode}: {stderr.decode()[-400:]}")
    return Ran(seconds, stdout, process.returncode, peak, _computed() - computed)


def _computed() -> float:
    """CPU seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds_of(words: Sequence[str], runs: int) -> list[float]:
    """How long a command takes, run by run, after one that does not count (it writes byte code)."""
    run(words)
    return [run(words).seconds for _ in range(runs)]


class _Watcher(threading.Thread):
    """Looks at the memory of a process and its descendants until it is stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._peak, self._done = pid, 0.0, threading.Event()
        self.start()

    def run(self) -> None:
        """Take samples."""
        while not self._done.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(memory_mb(pid)["VmRSS"] for pid in _tree(self._pid)))

    def stop(self) -> float:
        """The most it saw."""
        self._done.set()
        self.join()
        return self._peak


def memory_mb(pid: int) -> dict[str, float]:
    """A process's memory in MB, by the kernel's names (``VmRSS`` is all, ``RssFile`` of files); zeros if it is gone."""
    found = dict.fromkeys(("VmRSS", "VmHWM", "RssAnon", "RssFile"), 0.0)
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return found
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name in found:
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    return found


def computed_seconds(pid: int) -> float:
    """CPU seconds of a process that runs, all of its threads."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((thread / "schedstat").read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total / 1e9


def _tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found, at = [pid], 0
    while at < len(found):
        try:
            for thread in os.listdir(f"/proc/{found[at]}/task"):
                children = Path(f"/proc/{found[at]}/task/{thread}/children").read_text().split()
                found.extend(map(int, children))
        except OSError:
            pass
        at += 1
    return found
