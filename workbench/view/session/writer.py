"""Whether anybody writes to a session right now: found out without taking a lock, so that looking is never in the way.

A writer holds ``locks/SESSION`` under flock; whoever follows another tool's file into it ``locks/SESSION.followed``.
Such a lock dies with its process. Linux lists who holds what in ``/proc/locks``; where there is no such list, a lock
file that is there counts as held.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from runtime.store import FOLLOWED

_INODE = re.compile(r" [0-9a-f]+:[0-9a-f]+:(\d+) ")
"""In a line such as ``1: FLOCK  ADVISORY  WRITE 15117 fe:00:1548994 0 EOF``."""


def writers(locks_folder: Path) -> frozenset[str]:
    """The sessions that have a writer."""
    try:
        files = {item.name: item.inode() for item in os.scandir(locks_folder) if item.name.startswith("sesn_")}
    except FileNotFoundError:
        return frozenset()
    held = _held_inodes() if files else frozenset()
    return frozenset(name.removesuffix(FOLLOWED) for name, inode in files.items() if held is None or inode in held)


def has_writer(locks_folder: Path, session_id: str) -> bool:
    """Whether this one has."""
    inodes = {inode for name in (session_id, session_id + FOLLOWED) if (inode := _inode(locks_folder / name))}
    held = _held_inodes() if inodes else frozenset()
    return bool(inodes) and (held is None or not inodes.isdisjoint(held))


def _inode(path: Path) -> int:
    """Of a file; 0 where there is none."""
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def _held_inodes() -> frozenset[int] | None:
    """Inodes of files that are locked; None where the system does not say."""
    try:
        with open("/proc/locks") as file:
            return frozenset(map(int, _INODE.findall(file.read())))
    except OSError:
        return None
