"""A power cut, played: of a folder, what was synced is left, and nothing else.

A file has the bytes it had when it was last synced (or written through ``O_DSYNC``). Names (made, renamed, removed) are
as they were when anything was last synced: file systems with a journal (ext4, xfs, apfs) keep them in order.
"""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Names = dict[int, dict[str, int]]
"""By folder, what is in it: folders and files, by number."""


class Platter:
    """What would be left of ``root`` if the power were cut now."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._fresh, self._known = itertools.count(), dict[int, int]()
        self._files = {self._number(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        self._names: Names = {}
        self._sync_names()

    def _number(self, path: Path | str | int) -> int:
        """The number of a file or folder, which it shares with none that was there before; inodes are used again."""
        inode = os.stat(path).st_ino
        if inode not in self._known:
            self._known[inode] = next(self._fresh)
        return self._known[inode]

    def _sync_names(self) -> None:
        names: Names = {}
        for folder, folders, files in os.walk(self.root):
            inside: dict[str, int] = {}
            for name in (*folders, *files):
                try:
                    inside[name] = self._number(os.path.join(folder, name))
                except FileNotFoundError:
                    continue  # renamed by another thread between the look and this
            names[self._number(folder)] = inside
        self._names = names

    def left(self, to: Path) -> None:
        """Make ``to`` what is left."""
        self._left(self._number(self.root), to)

    def _left(self, folder: int, to: Path) -> None:
        to.mkdir()
        for name, number in self._names[folder].items():
            if number in self._names:
                self._left(number, to / name)
            else:
                (to / name).write_bytes(self._files.get(number, b""))

    # ── what the process does ────────────────────────────────────────────────────────────────────────────────────────

    def synced(self, descriptor: int) -> None:
        """A file or folder was synced."""
        path = Path(f"/proc/self/fd/{descriptor}")
        if not path.is_dir():
            self._files[self._number(descriptor)] = path.read_bytes()
        self._sync_names()

    def making(self, real: Callable[..., None]) -> Callable[..., None]:
        """``os.mkdir``."""

        def made(path: Any, *rest: Any, **named: Any) -> None:
            real(path, *rest, **named)
            self._known.pop(os.stat(path).st_ino, None)

        return made

    def opening(self, real: Callable[..., int]) -> Callable[..., int]:
        """``os.open``: of a new file, nothing is left yet, whatever had its inode before."""

        def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            new = bool(flags & os.O_CREAT) and not os.path.exists(path)
            descriptor = real(path, flags, *rest, **named)
            if new:
                self._known.pop(os.fstat(descriptor).st_ino, None)
            return descriptor

        return opened

    def syncing(self, real: Callable[[int], None]) -> Callable[[int], None]:
        """``os.fsync``."""

        def sync(descriptor: int) -> None:
            real(descriptor)
            self.synced(descriptor)

        return sync

    def writing(self, real: Callable[..., int]) -> Callable[..., int]:
        """``os.write``, which may go through to the disk."""

        def write(descriptor: int, data: Any) -> int:
            written = real(descriptor, data)
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DSYNC:
                self.synced(descriptor)
            return written

        return write


@contextmanager
def watched(patch: pytest.MonkeyPatch, root: Path) -> Iterator[Platter]:
    """Note what is synced of ``root`` while the block runs."""
    platter = Platter(root)
    with patch.context() as patched:
        patched.setattr(os, "mkdir", platter.making(os.mkdir))
        patched.setattr(os, "open", platter.opening(os.open))
        patched.setattr(os, "fsync", platter.syncing(os.fsync))
        patched.setattr(os, "write", platter.writing(os.write))
        yield platter
