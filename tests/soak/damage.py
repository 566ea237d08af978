"""Damage that kill -9 cannot make: any file of a store changed, cut or lost. It is named, and hurts nobody else.

Whatever is done to one file, every session either says exactly what it said before, or says that it is damaged; the
file is named; and sessions that have nothing in the file are as they were.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import Corrupt, WorkbenchError
from runtime.event import decode
from runtime.ingest.paths import import_paths
from runtime.pack import INDEX_NAME
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.soak.outcome import Outcome
from tests.support.builders import add_session, message, new_store, story
from tests.support.transcripts import write_transcripts

KINDS = ("a flipped bit", "a changed byte", "a cut end", "a block of zeros", "a lost file")
Said = dict[str, list[tuple[str, bytes, bytes]]]
"""By session, what its events say: id, payload, extra."""


@dataclass
class Found:
    """What looking at everything brought to light."""

    said: Said
    named: dict[str, set[str]]
    """By session (or ``?``), the files that were named as damaged."""
    words: list[str]


def damage(folder: Path, seed: int, rounds: int) -> Outcome:
    """Damage ten files for each round."""
    outcome, store = Outcome("damage"), whole_store(folder)
    before = looked_at(store.root)
    assert not before.named, before.words
    outcome.events = sum(map(len, before.said.values()))
    for number in range(rounds * 10):
        words = random.Random(seed * 1_000_000 + number)
        path = words.choice(groups(store.root)[words.choice(sorted(groups(store.root)))])
        kind = words.choice([kind for kind in KINDS if kind != "a lost file" or may_be_missed(path)])
        outcome.rounds += 1
        outcome.checks += len(before.said)
        whole = path.read_bytes()
        try:
            harmed(path, kind, words)
            if path.exists() and path.read_bytes() == whole:
                continue
            wrong = judged(store.root, path, looked_at(store.root), before)
        finally:
            path.write_bytes(whole)
        where = path.relative_to(store.root)
        outcome.failures += [f"seed {seed}, number {number}: {kind} in {where}: {told}" for told in wrong]
    after = looked_at(store.root)
    outcome.failures += ["restored, it is not what it was"] if after.named or after.said != before.said else []
    outcome.beside = f"{len(KINDS)} kinds, {sum(map(len, groups(store.root).values()))} files"
    return outcome


def whole_store(folder: Path) -> Store:
    """Sessions in packs, in folders, open and sealed, imported with their sources, naming blobs."""
    store = new_store(folder / "store")
    for number in range(5):
        add_session(store, f"sesn_packed{number}", [story(0, 20 + number)])
    import_paths(store, write_transcripts(folder / "transcripts", range(10)), processes=1)
    maintain(store, many=1, grace_us=0)
    for number in range(3):
        add_session(store, f"sesn_own{number}", [story(0, 15), story(15, 9)])
        with store.writer(f"sesn_own{number}") as log:
            log.append(story(24, 5))
            name = store.blobs.put(bytes(str(number), "ascii") * 3_000)
            log.append([message(29)._replace(extra={"request": {"blob": name}})])
    with store.writer("sesn_packed0") as log:
        log.append(story(20, 4))
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


def harmed(path: Path, kind: str, words: random.Random) -> None:
    """Do it."""
    data = bytearray(path.read_bytes())
    place = words.randrange(len(data))
    if kind == "a flipped bit":
        data[place] ^= 1 << words.randrange(8)
    elif kind == "a changed byte":
        data[place] = words.randrange(256)
    elif kind == "a cut end":
        del data[place:]
    elif kind == "a block of zeros":
        data[place : place + 64] = bytes(len(data[place : place + 64]))
    else:
        path.unlink()
        return
    path.write_bytes(data)


def looked_at(root: Path) -> Found:
    """Look at everything there is, as `workbench verify` would, and as somebody who reads all sessions."""
    found = Found({}, {}, [])
    store = Store(root)

    def note(error: WorkbenchError, session_id: str = "?") -> None:
        file = Path(error.file).name if isinstance(error, Corrupt) else "?"
        found.named.setdefault(session_id, set()).add(file)
        found.words.append(str(error))

    try:
        names = [summary.session_id for summary in store.summaries()]
    except WorkbenchError as error:
        note(error)
        return found
    for session_id in names:
        try:
            store.verify(session_id)
            with store.reader(session_id) as reader:
                found.said[session_id] = [(entry.id, entry.payload, entry.extra) for entry in reader.entries()]
        except WorkbenchError as error:
            note(error, session_id)
    for error in store.verify_packs():
        note(error)
    try:
        for file, what in check_frames(SourceArchive(store)):
            note(Corrupt("?", None, file, what))
        SourceArchive(store).ledger()
    except WorkbenchError as error:
        note(error)
    return found


def judged(root: Path, path: Path, found: Found, before: Found) -> list[str]:
    """What is wrong with how the damage was met."""
    files = set().union(*found.named.values())
    if not files:
        return [] if harmless(path) else ["nobody noticed"]
    wrong = [] if path.name in files else [f"named {files} instead: {found.words[:2]}"]
    if path.name == INDEX_NAME:
        return wrong  # without it nobody knows what counts, and that is what is said
    concerned = concerned_by(root, path, before)
    for session_id, said in before.said.items():
        now = found.said.get(session_id)
        if now is not None and now != said:
            wrong.append(f"{session_id} says something else and nobody noticed")
        elif now is None and session_id not in found.named and "?" not in found.named:
            wrong.append(f"{session_id} is missing and nobody noticed")
        elif now is None and session_id not in concerned:
            wrong.append(f"{session_id} has nothing in it and cannot be read: {found.words[:2]}")
    return wrong


def harmless(path: Path) -> bool:
    """Compression leaves bits unused: a blob that still holds the bytes its name stands for is as good as before."""
    return "blobs" in path.parts or path.suffix == ".frames"


def concerned_by(root: Path, path: Path, before: Found) -> set[str]:
    """The sessions that have something in a file."""
    parts = path.relative_to(root).parts
    if parts[0] == "sessions":
        return {parts[1]}
    if parts[0] == "packs":
        return {name for name in before.said if not name.startswith("sesn_own")}
    if parts[0] == "blobs":
        name = parts[1] + parts[2]
        return {
            session_id
            for session_id, said in before.said.items()
            if any(decode(extra).get("request") == {"blob": name} for _, _, extra in said if extra)
        }
    return set()
