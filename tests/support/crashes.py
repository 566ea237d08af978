"""A process that dies between two steps on disk, played in this one: from a given step on, nothing reaches the disk.

A real kill -9 at a random moment is in `tests.soak`; here the moment is chosen, so that every one can be had.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runtime.files import FileLock

STEPS = ("rename", "unlink", "rmdir", "mkdir", "fsync", "write", "ftruncate", "utime", "open")


class Killed(BaseException):
    """The process is dead; whatever still runs only unwinds."""


class Steps:
    """Counts what changes the disk, and dies before step ``last``."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def wrapped(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        """``real``, until the process is dead."""

        def step(*args: Any, **named: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **named)
            self.count += 1
            if self.count >= self.last:
                raise Killed
            return real(*args, **named)

        return step

    @property
    def dead(self) -> bool:
        """Whether the last step was reached."""
        return self.count >= self.last


@contextmanager
def dying_at(monkeypatch: pytest.MonkeyPatch, last: int) -> Iterator[Steps]:
    """Run the block as a process that dies before its step number ``last``; it ends quietly either way."""
    steps, release = Steps(last), FileLock.release

    def let_go(lock: FileLock) -> None:
        """The kernel closes what a dead process held, and unlinks nothing."""
        if steps.dead and lock._descriptor is not None:
            os.close(lock._descriptor)
            lock._descriptor = None
        elif not steps.dead:
            release(lock)

    with monkeypatch.context() as patched:
        for name in STEPS:
            patched.setattr(os, name, steps.wrapped(getattr(os, name), name))
        patched.setattr(FileLock, "release", let_go)
        try:
            yield steps
        except Killed:
            pass


def killed(*_: object) -> None:
    """What becomes of a process that the system kills."""
    os._exit(9)
