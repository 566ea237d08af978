"""kill -9 at random moments: whatever was acknowledged is there, can be read, and can be gone on with."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from runtime.errors import WorkbenchError
from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.soak.outcome import Acknowledged, Outcome
from tests.soak.work import Pen, ask
from tests.soak.workers import Worker
from tests.support.surviving import Surviving, doubled, everything, surviving_events
from tests.support.transcripts import write_transcripts

KINDS = ("append", "seal", "pack", "delete", "import", "forget")
READERS = 2
STORE_ROUNDS = 25
"""After so many rounds a new store is begun: checking an old one takes longer and longer."""


def kill(folder: Path, seed: int, rounds: int) -> Outcome:
    """Run so many rounds."""
    outcome = Outcome("kill")
    for number, first in enumerate(range(0, rounds, STORE_ROUNDS)):
        of_store(folder / f"store{number}", seed * 1_000 + first, min(STORE_ROUNDS, rounds - first), outcome)
        shutil.rmtree(folder / f"store{number}")
    outcome.beside = f"{READERS} readers throughout"
    return outcome


def of_store(folder: Path, seed: int, rounds: int, outcome: Outcome) -> None:
    """Some rounds on one store, with readers looking on."""
    store, known = Store(folder / "store").prepare(), Acknowledged()
    transcripts, wanted = import_material(folder)
    readers = [Worker("read", store.root, seed + number, "rough") for number in range(READERS)]
    for reader in readers:
        reader.lines(1, 60)
    for number in range(rounds):
        words = random.Random(seed + number)
        kind = KINDS[number % len(KINDS)]
        more = ["rough", *([str(transcripts)] if kind in ("import", "forget") else [])]
        worker = Worker(kind, store.root, seed + number, *more)
        worker.lines(1, 60)
        for line in worker.lines(words.choice((1, 5, 40)), 2) + worker.lines(1 << 30, words.random() ** 3 * 0.4):
            known.take(line)
        for line in worker.killed():
            known.take(line)
        outcome.failures += [f"seed {seed + number}: {complaint}" for complaint in [worker.complaint()] if complaint]
        after_kill(store, known, wanted, words, outcome, seed + number)
        outcome.rounds += 1
    finish(store, known, transcripts, wanted, outcome, seed)
    for reader in readers:
        reader.finished()
        complaint = reader.complaint()
        if complaint or reader.process.returncode:
            outcome.failures.append(f"seed {seed}: a reader failed: {complaint}")
    outcome.events += known.count


def import_material(folder: Path) -> tuple[Path, dict[str, list[Surviving]]]:
    """Transcripts to import, and what each session must say in the end, by its native id."""
    transcripts = folder / "transcripts"
    paths = write_transcripts(transcripts, range(24), exchanges=4)
    reference = Store(folder / "reference")
    import_paths(reference, paths, processes=1)
    wanted = {str(reference.manifest(name).source["native_id"]): said for name, said in everything(reference).items()}
    for path in paths:
        path.rename(path.with_suffix(".whole"))
    return transcripts, wanted


def after_kill(
    store: Store,
    known: Acknowledged,
    wanted: dict[str, list[Surviving]],
    words: random.Random,
    outcome: Outcome,
    seed: int,
) -> None:
    """Everything is there; sessions can be written again; imports that returned are complete."""
    store = Store(store.root)
    for session_id in known.everyone():
        outcome.checks += 1
        if wrong := known.check(store, session_id):
            outcome.failures.append(f"seed {seed}: {wrong}")
    pen = Pen(10_000_000 + seed)
    for session_id in words.sample(known.sessions(), min(3, len(known.sessions()))):
        try:
            with store.writer(session_id) as log:
                drafts = pen.drafts(2, words)
                for seq, draft in zip(log.append(drafts), drafts):
                    known.take(f"+ {session_id} {seq} {draft.payload['id']}")
        except WorkbenchError as error:
            outcome.failures.append(f"seed {seed}: {session_id} cannot be written again: {error}")
    outcome.failures += [f"seed {seed}: {wrong}" for wrong in wrong_imports(store, set(known.imported), wanted)]


def wrong_imports(store: Store, names: set[str], wanted: dict[str, list[Surviving]]) -> list[str]:
    """Imported sessions that do not say what they must."""
    sessions = {
        str(summary.manifest.source.get("native_id")): summary.session_id
        for summary in store.summaries()
        if summary.manifest.source.get("format")
    }
    if not names:
        return []
    wrong = [f"{name} was imported and is not there" for name in names - set(sessions)]
    for name in names & set(sessions):
        if surviving_events(store, sessions[name]) != wanted[name]:
            wrong.append(f"{name} was imported and says something else")
        if twice := doubled(store, sessions[name]):
            wrong.append(f"{name} was imported and says again what it said: {twice[:3]}")
    return wrong


def finish(
    store: Store,
    known: Acknowledged,
    transcripts: Path,
    wanted: dict[str, list[Surviving]],
    outcome: Outcome,
    seed: int,
) -> None:
    """What was cut short is finished: imports, upkeep; then all is whole, and nothing is left over."""
    targets = []
    for path in sorted(transcripts.glob("*.whole")):
        targets.append(path.with_suffix(".jsonl"))
        targets[-1].write_bytes(path.read_bytes())
    import_paths(store, targets, processes=1)
    again = import_paths(store, targets, processes=1)
    problems = [f"importing again brought {again.events} events"] if again.events else []
    problems += maintain(store, idle_us=-(10**9), many=1).problems
    problems += wrong_imports(store, set(wanted), wanted)
    problems += [f"{file}: {what}" for file, what in check_frames(SourceArchive(store))]
    problems += [str(error) for error in store.verify_packs()]
    for session_id in known.everyone():
        outcome.checks += 1
        problems += [wrong for wrong in [known.check(store, session_id)] if wrong]
    listed = store.session_ids()
    if len(listed) != len(set(listed)):
        problems.append("a session is listed twice")
    try:
        ask(store)
    except (AssertionError, WorkbenchError) as error:
        problems.append(str(error))
    outcome.failures += [f"seed {seed}: at the end: {problem}" for problem in problems]
