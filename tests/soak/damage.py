"""Damage that kill -9 cannot make: any file of a store changed, cut or lost. It is named, and hurts nobody else.

Whatever is done to one file, every session either says exactly what it said before, however it is looked at, or says
that it is damaged; the file is named, and of an open segment the event; and sessions that have nothing in the file are
as they were. Upkeep, writers and imports that come upon it leave it at that.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

from runtime.clock import now_us
from runtime.errors import WorkbenchError
from runtime.event import decode
from runtime.ingest.paths import import_paths
from runtime.manifest import Manifest
from runtime.pack import INDEX_NAME
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from runtime.verify import named_blobs
from tests.soak.looks import READING, SHARED, Look, looked_at
from tests.soak.outcome import Outcome
from tests.support.builders import add_session, message, new_store, story
from tests.support.transcripts import write_transcripts

KINDS = ("a flipped bit", "a changed byte", "a cut end", "a block of zeros", "a lost file", "another's file")
LATER = 10
"""Every so many times, the store goes on with the damage in it."""


def damage(folder: Path, seed: int, rounds: int) -> Outcome:
    """Damage ten files for each round."""
    outcome, store, met = Outcome("damage"), whole_store(folder), Counter[str]()
    concerned = {path: concerned_by(store, path) for group in groups(store.root).values() for path in group}
    before = looked_at(store.root)
    assert not (before.named or before.bare or before.refused), (before.named, before.bare, before.refused)
    outcome.events = sum(said for (_, way), said in before.said.items() if way == "verify" and isinstance(said, int))
    for number in range(rounds * 10):
        words = random.Random(seed * 1_000_000 + number)
        group = words.choice(sorted(groups(store.root)))
        path = words.choice(groups(store.root)[group])
        kind = words.choice(KINDS if may_be_missed(path) else KINDS[:4])
        outcome.rounds += 1
        whole = path.read_bytes()
        try:
            place = harmed(path, kind, words, groups(store.root)[group])
            if path.exists() and path.read_bytes() == whole:
                continue
            look = looked_at(store.root)
            wrong = judged(path, look, before, concerned[path])
            if group == "sessions jsonl" and kind in KINDS[:4] and path.parent.name in _sessions(before):
                wrong += misplaced(path, whole, place, look)
            if number % LATER == 0 and path.name != INDEX_NAME:
                wrong += going_on(store.root, folder, before, concerned[path])
            met[group] += 1
        finally:
            path.write_bytes(whole)
        outcome.checks += len(before.said)
        where = path.relative_to(store.root)
        outcome.failures += [f"seed {seed}, number {number}: {kind} in {where}: {told}" for told in wrong]
    after = looked_at(store.root)
    outcome.failures += ["restored, it is not what it was"] if after.named or after.said != before.said else []
    outcome.beside = ", ".join(f"{group} {count}" for group, count in sorted(met.items()))
    return outcome


def whole_store(folder: Path) -> Store:
    """Sessions in packs, in folders, open and sealed, imported with their sources, naming blobs."""
    store = new_store(folder / "store")
    for number in range(5):
        name = store.blobs.put(bytes(str(number + 3), "ascii") * 3_000)
        blob = message(20 + number)._replace(extra={"request": {"blob": name}})
        add_session(store, f"sesn_packed{number}", [[*story(0, 20 + number), blob]])
    paths = write_transcripts(folder / "transcripts", range(10))
    import_paths(store, paths[:5], processes=1)
    maintain(store, many=1, grace_us=0)
    import_paths(store, paths[5:], processes=1)
    maintain(store, many=1, grace_us=0)
    for number in range(3):
        add_session(store, f"sesn_own{number}", [story(0, 15), story(15, 9)])
        with store.writer(f"sesn_own{number}") as log:
            log.append(story(24, 5))
            name = store.blobs.put(bytes(str(number), "ascii") * 3_000)
            log.append([message(29)._replace(extra={"request": {"blob": name}})])
    with store.writer("sesn_packed0") as log:
        log.append(story(21, 4))
    return store


def groups(root: Path) -> dict[str, list[Path]]:
    """The store's files by what they are, so that each kind gets its share."""
    found: dict[str, list[Path]] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        kind = ".".join(path.name.split(".")[1:]) if path.name[0].isdigit() else path.name
        if path.parent.name == "sources":
            kind = path.name[0] + path.suffix
        elif "blobs" in path.parts:
            kind = "blob"
        found.setdefault(f"{path.relative_to(root).parts[0]} {kind}", []).append(path)
    return found


def may_be_missed(path: Path) -> bool:
    """Whether anything says that this file must be there: of a source's index, nothing does."""
    return path.parent.name != "sources" or path.suffix == ".frames"


def harmed(path: Path, kind: str, words: random.Random, alike: list[Path]) -> int:
    """Do it, perhaps with a file that is ``alike``; where.

    Of small Parquet files more than half is footer: half of the damage is done before that.
    """
    data = bytearray(path.read_bytes())
    place = words.randrange(words.choice((len(data), len(data) // 2 + 1)))
    if kind == "a flipped bit":
        data[place] ^= 1 << words.randrange(8)
    elif kind == "a changed byte":
        data[place] = words.randrange(256)
    elif kind == "a cut end":
        del data[place:]
    elif kind == "a block of zeros":
        data[place : place + 64] = bytes(len(data[place : place + 64]))
    elif kind == "another's file":
        data = bytearray(words.choice(alike).read_bytes())
    else:
        path.unlink()
        return place
    path.write_bytes(data)
    return place


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────────


def judged(path: Path, look: Look, before: Look, concerned: set[str]) -> list[str]:
    """What is wrong with how damage to a file was met that these sessions have something in."""
    wrong = list(look.bare)
    silent = [way for way, said in before.said.items() if way in look.said and look.said[way] != said]
    if path.name.startswith("l_"):
        silent = [way for way in silent if way != (SHARED, "ledger")]  # named; its files count as not imported
    if path.name.endswith(".rows.parquet") and look.named:
        silent = [way for way in silent if way != (SHARED, "SQL")]  # DuckDB checks no page: `verify` does
    wrong += [f"{way} of {whose} is something else and nobody noticed" for whose, way in silent]
    if not look.named:
        lost = [way for way in before.said if way not in look.said]
        return wrong + ([f"nobody noticed, and {lost[:3]} cannot be read"] if lost or not may_be_harmless(path) else [])
    if path.name not in look.files:
        wrong.append(f"named {look.files} instead: {[str(error) for error in look.named[:2]]}")
    if path.name == INDEX_NAME:
        return wrong  # without it nobody knows what counts, and that is what is said
    for whose, way in before.said:
        if (whose, way) in look.said:
            continue
        if whose.startswith("sesn_") and whose not in concerned:
            wrong.append(f"{whose} has nothing in it, and its {way} cannot be read: {look.refused.get((whose, way))}")
        elif (
            whose.startswith("src_")
            and path.parts[-2] != "packs"
            and path.stem.split(".")[0] not in str(look.refused.get((whose, way), look.named))
        ):
            wrong.append(f"{whose} has nothing in it and cannot be read: {look.refused.get((whose, way))}")
        elif (whose, way) not in look.refused and (SHARED, "verify") not in look.refused and whose in concerned:
            if not look.about(whose) and not look.about(SHARED):
                wrong.append(f"the {way} of {whose} is missing and nobody noticed")
    return wrong


def may_be_harmless(path: Path) -> bool:
    """Compression leaves bits unused: what still says the same bytes under a hash of them is as good as before."""
    return "blobs" in path.parts or path.parent.name == "sources"


def misplaced(path: Path, whole: bytes, place: int, look: Look) -> list[str]:
    """What is wrong with the event that is named in an open segment: it is the first that was touched."""
    session_id = path.parent.name
    first = next(s.first for s in Manifest.load(path.parent).segments if s.kind == "open")
    seq = first + whole.count(b"\n", 0, place)
    named = [error.seq for error in look.about(session_id)]
    return [] if named == [seq] else [f"named events {named} where {seq} is damaged"]


def concerned_by(store: Store, path: Path) -> set[str]:
    """The sessions that have something in a file."""
    parts = path.relative_to(store.root).parts
    if parts[0] == "sessions":
        return {parts[1]}
    if parts[0] == "packs":
        pack = parts[1].split(".")[0]
        return set(store.packs.lines(pack)) if pack != "index" else set()
    if parts[0] == "blobs":
        return {session_id for session_id in store.session_ids() if parts[1] + parts[2] in _blobs_of(store, session_id)}
    return set()


def _blobs_of(store: Store, session_id: str) -> set[str]:
    with store.reader(session_id) as reader:
        return {name for entry in reader.entries() for name in named_blobs(decode(entry.extra or b"{}"))}


def _sessions(look: Look) -> set[str]:
    return {whose for whose, way in look.said if way == "entries"}


# ── what comes upon it later ─────────────────────────────────────────────────────────────────────────────────────────


def going_on(root: Path, folder: Path, before: Look, concerned: set[str]) -> list[str]:
    """Upkeep, imports and writers on a copy that is damaged: what was whole stays so, what was named is not lost."""
    copy = Store(folder / "copy")
    shutil.copytree(root, copy.root)
    wrong: list[str] = []
    try:
        for late in (2 * GRACE_US, 4 * GRACE_US):
            maintain(copy, idle_us=-(10**9), now_us=now_us() + late, many=1)
        after_upkeep = looked_at(copy.root)
        import_paths(copy, sorted((folder / "transcripts").iterdir()), processes=1)
        for session_id in sorted(_sessions(before)):
            wrong += _written(copy, session_id, before, whole=session_id not in concerned)
    except WorkbenchError as error:
        return [f"it could not go on: {error}"]
    except Exception as error:
        return [f"going on with it, a bare {error!r}"]
    finally:
        shutil.rmtree(copy.root)
    for session_id in _sessions(before):
        if (
            after_upkeep.said.get((session_id, "entries"), before.said[session_id, "entries"])
            != (before.said[session_id, "entries"])
        ):
            wrong.append(f"after upkeep, {session_id} says something else")
        gone = (session_id, "entries") not in after_upkeep.said and (session_id, "entries") not in after_upkeep.refused
        if gone and not after_upkeep.named:
            wrong.append(f"after upkeep, {session_id} is gone and nobody noticed")
    return wrong


def _written(store: Store, session_id: str, before: Look, *, whole: bool) -> list[str]:
    """What is wrong after an event was appended to a session, or was refused."""
    try:
        with store.writer(session_id) as log:
            [seq] = log.append([message(9_000_000)])
        with store.reader(session_id) as reader:
            found = READING["entries"](reader)
    except WorkbenchError as error:
        return [f"{session_id} cannot be written to: {error}"] if whole else []
    assert isinstance(found, list)
    if found[:-1] != before.said[session_id, "entries"] or found[seq][0] != "sevt_9000000":
        return [f"{session_id}, written to, says something else"]
    return []
