"""Importing Claude Code transcripts: how fast, and how much memory, whatever the file."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from runtime.ingest.paths import import_paths
from runtime.store import Store
from tests.budgets.bench import Bench, command
from tests.budgets.outcome import Outcome, of_runs
from tests.budgets.programs import Ran, run
from tests.budgets.transcripts import bytes_in, one_file, transcript_set

FAMILY = "importing"
RATE_MB, GROWTH = 50.0, 1.25
RUNS = 3


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    folder, about = transcript_set(bench)
    size = bytes_in(folder) / 1e6
    ran = [imported(bench, folder) for _ in range(RUNS)]
    report = orjson.loads(ran[-1].stdout)
    beside = (
        f"{size:.0f} MB of {about}: {report['files']:,} files, {report['events']:,} events; "
        f"CPU {min(r.cpu_seconds for r in ran):.1f} s; most memory {ran[-1].peak_mb:.0f} MB"
    )
    yield of_runs(
        FAMILY,
        "workbench import, from the shell",
        "MB/s",
        [size / r.seconds for r in ran],
        RATE_MB,
        least=True,
        beside=beside,
    )
    single = [size / _here(bench, folder) for _ in range(RUNS)]
    yield of_runs(FAMILY, "the same in this process alone", "MB/s", single)
    again = [run(command("import", str(folder), "--store", str(_store(bench)), "--json")).seconds for _ in range(RUNS)]
    yield of_runs(FAMILY, "the same again, nothing new", "s", again)
    yield from _one_file(bench)


def _one_file(bench: Bench) -> Iterator[Outcome]:
    """A single session's file, and one many times its size."""
    peaks = []
    for megabytes in bench.sizes.file_megabytes:
        path = one_file(bench, megabytes)
        size = path.stat().st_size / 1e6
        ran = imported(bench, path)
        peaks.append(ran.peak_mb)
        beside = f"{size / ran.seconds:.0f} MB/s, CPU {ran.cpu_seconds:.1f} s"
        yield of_runs(FAMILY, f"one file of {size:,.0f} MB: most memory", "MB", [ran.peak_mb], beside=beside)
    yield of_runs(FAMILY, "memory of the large against the small", "×", [peaks[1] / peaks[0]], GROWTH)


def imported(bench: Bench, path: Path) -> Ran:
    """`workbench import` of a path into a store of its own."""
    shutil.rmtree(_store(bench), ignore_errors=True)
    return run(command("import", str(path), "--store", str(_store(bench)), "--json"), watch=True)


def _here(bench: Bench, folder: Path) -> float:
    shutil.rmtree(_store(bench), ignore_errors=True)
    begun = time.perf_counter()
    report = import_paths(Store(_store(bench)), [folder], processes=1)
    assert report.events
    return time.perf_counter() - begun


def _store(bench: Bench) -> Path:
    return bench.folder / "fresh" / "import-store"
