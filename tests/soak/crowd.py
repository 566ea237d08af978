"""Everybody at once on one store: imports, live writers, packers, deleters, and readers who must not notice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from runtime.store import Store
from tests.soak.kill import finish, import_material
from tests.soak.outcome import Acknowledged, Outcome
from tests.soak.workers import Worker

CROWD = ("import", "import", "append", "seal", "pack", "pack", "delete", "forget", "read", "read", "read")
SAID = {"append": 200, "seal": 200, "pack": 100, "delete": 150, "import": 24, "forget": 60, "read": 5}
"""A crowd works until each of it has said so many lines: some rounds of what it does."""
EACH = 5
"""Of so many rounds asked for, one is a crowd."""


def crowd(folder: Path, seed: int, rounds: int, members: Sequence[str] = CROWD, share: float = 1.0) -> Outcome:
    """Let one crowd after another work, each on a store of its own; then all of it must be there.

    With a ``share``, each says so much less.
    """
    outcome = Outcome("crowd", beside=f"{len(members)} processes")
    for number in range(max(1, rounds // EACH)):
        place = folder / f"crowd{number}"
        _one(place, seed + number, members, share, outcome)
        outcome.rounds += 1
        shutil.rmtree(place)
    return outcome


def _one(folder: Path, seed: int, members: Sequence[str], share: float, outcome: Outcome) -> None:
    known, store = Acknowledged(), Store(folder / "store").prepare()
    transcripts, wanted = import_material(folder)
    workers = []
    for number, kind in enumerate(members):
        more = []
        if kind in ("import", "forget"):  # each from copies of its own: the same sessions, under other paths
            more = [str(shutil.copytree(transcripts, folder / f"transcripts{number}"))]
        workers.append(Worker(kind, store.root, seed * 100 + number, *more))
    to_say = [int(SAID[worker.kind] * share) for worker in workers]
    while any(left > 0 and not worker.ended for left, worker in zip(to_say, workers)):
        for number, worker in enumerate(workers):
            lines = worker.lines(1, 0.02)
            to_say[number] -= len(lines)
            for line in lines:
                known.take(line)
    for worker in workers:
        worker.told_to_end()
    for worker in workers:
        for line in worker.finished(60):
            known.take(line)
        complaint = worker.complaint()
        if complaint or worker.process.returncode:
            outcome.failures.append(f"seed {seed}: {complaint or f'{worker.kind} did not come to an end'}")
    finish(Store(store.root), known, transcripts, wanted, outcome, seed)
    outcome.events += known.count
