"""Whether anybody writes to a session right now: found out without taking a lock, so that looking is never in the way.

A writer holds ``locks/SESSION`` under flock, and the lock dies with its process. Linux lists who holds what in
``/proc/locks``; where there is no such list, a lock file that is there counts as held.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_INODE = re.compile(r" [0-9a-f]+:[0-9a-f]+:(\d+) ")
"""In a line such as ``1: FLOCK  ADVISORY  WRITE 15117 fe:00:1548994 0 EOF``."""


def writers(locks_folder: Path) -> frozenset[str]:
    """The sessions that have a writer."""
    try:
        files = {item.name: item.inode() for item in os.scandir(locks_folder) if item.name.startswith("sesn_")}
    except FileNotFoundError:
        return frozenset()
    held = _held_inodes() if files else frozenset()
    return frozenset(name for name, inode in files.items() if held is None or inode in held)


def has_writer(locks_folder: Path, session_id: str) -> bool:
    """Whether this one has."""
    try:
        inode = os.stat(locks_folder / session_id).st_ino
    except FileNotFoundError:
        return False
    held = _held_inodes()
    return held is None or inode in held


def _held_inodes() -> frozenset[int] | None:
    """Inodes of files that are locked; None where the system does not say."""
    try:
        with open("/proc/locks") as file:
            return frozenset(map(int, _INODE.findall(file.read())))
    except OSError:
        return None
