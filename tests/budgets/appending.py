"""Durable appends against the disk's own floor: one writer, then 64 sessions at once. Rounds are interleaved."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

from runtime.log import OPEN_FLAGS, FileLog
from runtime.segment import Entry, genesis, line_of
from runtime.store import Store
from tests.budgets.bench import Bench
from tests.budgets.outcome import Outcome, of_runs, percentile
from tests.budgets.stores import drafts, new_session

FAMILY = "appending"
RATIO, TIMES, P99_MS = 1.3, 3.0, 20.0
SESSIONS, ROUNDS = 64, 5


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    folder, count = bench.fresh("appending"), bench.sizes.appends
    store = Store(folder / "store")
    line = _line()
    floors: list[list[float]] = []
    ones: list[list[float]] = []
    alls: list[list[float]] = []
    rates: list[float] = []
    bare: list[float] = []
    for number in range(ROUNDS + 1):
        floors.append(_floor(folder / f"floor-{number}", line, count))
        ones.append(_one(store, f"one{number}", count))
        took, seconds = _many(store, f"all{number}x", max(20, count // 8))
        alls.append(took)
        rates.append(len(took) / seconds)
        bare.append(_bare(folder, line, max(20, count // 8)))
    del floors[0], ones[0], alls[0], rates[0], bare[0]  # the first warms up
    floor, one = [_typical(took) for took in floors], [_typical(took) for took in ones]
    yield of_runs(FAMILY, f"the disk: write {len(line):,} B + fdatasync", "ms", floor)
    yield of_runs(
        FAMILY, "append, one writer: median", "ms", one, beside=f"p99 {percentile(sum(ones, []), 0.99) * 1e3:.2f} ms"
    )
    ratios = [mine / theirs for mine, theirs in zip(one, floor)]
    yield of_runs(FAMILY, "append against the disk, round by round", "×", ratios, RATIO)
    single = [len(took) / sum(took) for took in ones]
    beside = f"one writer {median(single):,.0f}/s; threads that do nothing but write and sync {median(bare):,.0f}/s"
    yield of_runs(FAMILY, f"{SESSIONS} sessions at once", "/s", rates, beside=beside)
    yield of_runs(FAMILY, "the same against one writer", "×", [a / b for a, b in zip(rates, single)], TIMES, least=True)
    tails = [percentile(took, 0.99) * 1e3 for took in alls]
    beside = f"p50 {median(sum(alls, [])) * 1e3:.2f} ms"
    yield of_runs(FAMILY, f"{SESSIONS} sessions at once: p99 of an append", "ms", tails, P99_MS, beside=beside)


def _typical(took: list[float]) -> float:
    return median(took) * 1e3


def _line() -> bytes:
    """A line as the log would write it."""
    draft = next(drafts("line", 1))
    payload = orjson.dumps(draft.payload)
    return line_of(Entry(0, draft.payload["id"], draft.time_us, draft.thread_id, payload, b"", genesis("sesn_line")))


def _floor(path: Path, line: bytes, count: int) -> list[float]:
    """What the disk takes for the same bytes with nothing around it."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    took = []
    try:
        for _ in range(count):
            begun = time.perf_counter()
            os.write(descriptor, line)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - begun)
    finally:
        os.close(descriptor)
        path.unlink()
    return took


def _bare(folder: Path, line: bytes, each: int) -> float:
    """Writes a second of as many threads as there are sessions, with nothing around them."""
    descriptors = [os.open(folder / f"bare-{n}", OPEN_FLAGS | os.O_CREAT) for n in range(SESSIONS)]

    def work(descriptor: int) -> None:
        for _ in range(each):
            os.write(descriptor, line)

    threads = [threading.Thread(target=work, args=(descriptor,)) for descriptor in descriptors]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for number, descriptor in enumerate(descriptors):
        os.close(descriptor)
        (folder / f"bare-{number}").unlink()
    return SESSIONS * each / seconds


def _one(store: Store, name: str, count: int) -> list[float]:
    made = list(drafts(name, count))
    took = []
    with store.create(new_session(store, name)) as log:
        for draft in made:
            begun = time.perf_counter()
            log.append([draft])
            took.append(time.perf_counter() - begun)
    return took


def _many(store: Store, name: str, each: int) -> tuple[list[float], float]:
    """Every session has a thread of its own that appends one event after another; all latencies, and the whole time."""
    logs = [store.create(new_session(store, f"{name}{number}")) for number in range(SESSIONS)]
    made = [list(drafts(f"{name}{number}", each)) for number in range(SESSIONS)]
    took: list[list[float]] = [[] for _ in logs]
    ready = threading.Barrier(SESSIONS + 1)

    def work(log: FileLog, number: int) -> None:
        log.append([made[number].pop()])  # the file is made here
        ready.wait()
        for draft in made[number]:
            begun = time.perf_counter()
            log.append([draft])
            took[number].append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work, args=(log, number)) for number, log in enumerate(logs)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    for log in logs:
        log.close()
    return sum(took, []), seconds
