"""Small files of ours, read whatever stands in their place: a pipe, a device, or far too much."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NoSmallFile(ValueError):
    """What is there is no file, or too large for one of ours; in words."""


def read_small(path: Path, most: int) -> bytes:
    """All of ``path``, at most ``most`` bytes; never waits for a pipe, nor reads a device that has no end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(kind):
            raise NoSmallFile("it is a folder")
        if not stat.S_ISREG(kind):
            raise NoSmallFile("it is no file but a pipe or a device")
        data = file.read(most + 1)
    if len(data) > most:
        raise NoSmallFile(f"it is larger than {most:,} bytes")
    return data
