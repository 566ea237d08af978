"""Every transcript, cut at twenty random places and imported as it grows, against the same in one go.

The suite does this with five files; here every file of the shared transcripts takes its turn, small ones first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from runtime.importers.discover import discover
from tests.soak.outcome import Outcome
from tests.support.chopping import CUTS, differences

SLOW_S = 20.0


def chop(data: Path, seed: int, *, least: int = 0, below: int = 1 << 62) -> Outcome:
    """Chop all files of ``data`` with that many bytes at least, and fewer than ``below``."""
    outcome, read = Outcome("chop"), 0
    chosen = [one for one in discover([data]) if one.importer is not None and least <= one.bytes < below]
    for found in sorted(chosen, key=lambda one: one.bytes):
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            outcome.failures += differences(Path(found.path), Path(folder), seed)
        outcome.rounds += 1
        outcome.checks += min(CUTS, found.bytes - 1) + 1
        read += found.bytes
        if time.monotonic() - begun > SLOW_S:
            print(f"chop: {found.bytes:,} bytes in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    outcome.beside = f"{CUTS} cuts, {read:,} bytes"
    return outcome
