"""Finding text in all payloads of a session of 1,000,000 events, against `rg` on the same payloads as JSON lines."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from runtime.asking.needle import Needle
from runtime.asking.search import search
from runtime.store import Store
from tests.budgets.bench import Bench, command
from tests.budgets.long_story import ABSENT, NEEDLES
from tests.budgets.outcome import Outcome, missing, of_runs
from tests.budgets.programs import run
from tests.budgets.stores import session_of

FAMILY = "searching"
PROGRESS_MS, LAG_MS, STOP_MS = 150.0, 100.0, 100.0
RUNS = 3
BETWEEN_SECONDS = 0.4
"""After so long a search is interrupted."""


class Looked(NamedTuple):
    """One search to its end."""

    first: float
    """Seconds to the first word of progress."""
    gap: float
    """The longest time without one."""
    hits: dict[int, float]
    """By seq, seconds until it was told."""
    whole: float
    marks: list[tuple[float, int]]
    """When how many bytes were done."""


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    count = bench.sizes.huge
    store, session_id = session_of(bench, count)
    wholes: list[float] = []
    for share, needle in NEEDLES.items():
        looked = [_look(store, session_id, needle) for _ in range(RUNS)]
        wholes += [one.whole for one in looked]
        seqs = {seq for one in looked for seq in one.hits}
        assert len(seqs) == 1, f"{needle} was found in {len(seqs)} events"
        shown = median(min(one.hits.values()) for one in looked)
        lags = [_lag(one, share) * 1e3 for one in looked]
        what = f"hit at {share:.0%}: told after its bytes were scanned"
        yield of_runs(
            FAMILY, what, "ms", lags, LAG_MS, beside=f"at {shown:.2f} s of {median(o.whole for o in looked):.2f} s"
        )
    looked = [_look(store, session_id, ABSENT) for _ in range(RUNS)]
    wholes = [one.whole for one in looked]
    assert not any(one.hits for one in looked)
    yield of_runs(FAMILY, "first progress", "ms", [one.first * 1e3 for one in looked], PROGRESS_MS)
    yield of_runs(FAMILY, "longest time without progress", "ms", [one.gap * 1e3 for one in looked], PROGRESS_MS)
    yield of_runs(FAMILY, f"absent, {count:,} payloads, in this process", "s", wholes)
    stops = [_interrupted(store, session_id) * 1e3 for _ in range(RUNS * 2)]
    yield of_runs(FAMILY, "interrupted: until it has stopped", "ms", stops, STOP_MS)
    yield from _against_rg(bench, store, session_id)


def _look(store: Store, session_id: str, needle: str) -> Looked:
    begun = last = time.perf_counter()
    first = gap = 0.0
    hits: dict[int, float] = {}
    marks: list[tuple[float, int]] = []
    for progress in search(store, Needle(needle, ignore_case=False), sessions=[session_id]):
        now = time.perf_counter()
        first = first or now - begun
        gap, last = max(gap, now - last), now
        marks.append((now - begun, progress.scanned))
        for hit in progress.hits:
            hits.setdefault(hit.seq, now - begun)
    return Looked(first, gap, hits, time.perf_counter() - begun, marks)


def _lag(looked: Looked, share: float) -> float:
    """How long after its bytes were reported as scanned the hit was told."""
    wanted = share * looked.marks[-1][1]
    scanned = next(moment for moment, done in looked.marks if done >= wanted)
    return max(0.0, min(looked.hits.values()) - scanned)


def _interrupted(store: Store, session_id: str) -> float:
    """Seconds from asking a search to stop until it has."""
    cancel, asked = threading.Event(), [0.0]

    def stop() -> None:
        asked[0] = time.perf_counter()
        cancel.set()

    timer = threading.Timer(BETWEEN_SECONDS, stop)
    timer.start()
    for _ in search(store, Needle(ABSENT, ignore_case=False), sessions=[session_id], cancel=cancel):
        pass
    ended = time.perf_counter()
    timer.join()
    return max(0.0, ended - asked[0])


def _against_rg(bench: Bench, store: Store, session_id: str) -> Iterator[Outcome]:
    """The whole, from the shell, round by round with `rg` on the same bytes."""
    ours = command("search", ABSENT, session_id, "--case-sensitive", "--store", str(store.root))
    if not shutil.which("rg") or not shutil.which("zstd"):
        yield missing(FAMILY, "workbench search against rg -z", "rg or zstd is not installed here")
        yield of_runs(FAMILY, "workbench search, from the shell", "s", [run(ours).seconds for _ in range(RUNS)])
        return
    folder = bench.made(f"lines-{bench.sizes.huge}", lambda path: _write_lines(store, session_id, path))
    packed, raw = folder / "payloads.jsonl.zst", folder / "payloads.jsonl"
    took: dict[str, list[float]] = {"ours": [], "rg -z": [], "rg": []}
    for _ in range(RUNS + 1):
        took["ours"].append(run(ours).seconds)
        took["rg -z"].append(_ripgrep("-z", "-F", "-c", ABSENT, str(packed)))
        took["rg"].append(_ripgrep("-F", "-c", ABSENT, str(raw)))
    for name, figures in took.items():
        took[name] = figures[1:]
    size = f"{raw.stat().st_size / 1e9:.2f} GB of JSON lines, {packed.stat().st_size / 1e9:.2f} GB in zstd"
    yield of_runs(FAMILY, "rg -z -F on the same in zstd", "s", took["rg -z"], beside=size)
    yield of_runs(FAMILY, "rg -F on the same, not compressed", "s", took["rg"])
    yield of_runs(FAMILY, "workbench search, from the shell", "s", took["ours"])
    ratios = [mine / theirs for mine, theirs in zip(took["ours"], took["rg -z"])]
    yield of_runs(FAMILY, "the same against rg -z, round by round", "×", ratios, 1.0)


def _ripgrep(*words: str) -> float:
    begun = time.perf_counter()
    subprocess.run(["rg", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun


def _write_lines(store: Store, session_id: str, folder: Path) -> None:
    path = folder / "payloads.jsonl"
    with store.reader(session_id) as reader, open(path, "wb") as file:
        for _, table in reader.payloads(0, reader.count):
            file.write("\n".join(table.column("payload").to_pylist()).encode() + b"\n")
    subprocess.run(["zstd", "-q", "-3", str(path), "-o", f"{path}.zst"], check=True)
