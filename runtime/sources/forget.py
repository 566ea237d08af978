"""Upkeep of sources: forgetting those whose sessions are gone, and putting many small volumes together.

A frame is compressed against the payloads of its sessions. So before those payloads are dropped, every frame that leans
on a session about to go is written anew without it; a source none of whose sessions is left is not written again, and
its bytes are gone with its volume. Done under the lock under which volumes are published, and safe to be cut short
anywhere: a new volume counts before the old ones are removed, and the newest description of a source wins.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from runtime.errors import WorkbenchError
from runtime.event import decode
from runtime.sources.archive import INDEX, LedgerEntry, SourceArchive, later, stored_text, write_ledger
from runtime.sources.volume import SOURCES, Evidence, VolumeWriter
from runtime.store import Store

MANY_VOLUMES = 64
HELD_BYTES = 48 * 1024 * 1024
"""So much is held before it is written: bounds memory, however much is forgotten."""
SMALL_VOLUME_BYTES = 8 * 1024 * 1024


def forget_deleted(store: Store) -> int:
    """Forget the sources of sessions deleted since this was last done; how many sessions.

    Their bytes are still there, as sources of others lean on them; and they must not come again before this is done.
    """
    stones = store.packs.index().gone.items()
    deleted = [session_id for session_id, stone in stones if stone.get("deleted")]
    gone = [session_id for session_id in deleted if not store.exists(session_id)]
    if gone:
        forget(store, gone)
    if deleted:
        with store.changing_index() as index:
            for session_id in deleted:
                index.gone.get(session_id, {}).pop("deleted", None)
    return len(gone)


def forget(store: Store, gone: Collection[str]) -> int:
    """Write anew what leans on sessions that are ``gone``, drop their sources; how many volumes were dropped."""
    archive, lost = SourceArchive(store), set(gone)
    with store.exclusively(SOURCES, wait=True):
        leaning = [
            name
            for name, volume in archive.volumes().items()
            if any(session_id in lost for frame in volume["frames"] for session_id, *_ in frame[3])
            or any(lost.intersection(source["sessions"]) for source in volume["sources"].values())
        ]
        dropped = _rewrite(store, archive, leaning, lost)
        if lost:
            _trim_ledger(store, archive, lost)
    return dropped


def gather(store: Store) -> int:
    """Put small volumes together when there are many; how many were."""
    archive = SourceArchive(store)
    with store.exclusively(SOURCES, wait=True):
        small = [
            name for name in archive.volumes() if _size(store.sources_folder / f"{name}.frames") < SMALL_VOLUME_BYTES
        ]
        if len(small) < MANY_VOLUMES:
            return 0
        dropped = _rewrite(store, archive, small, set())
        _trim_ledger(store, archive, set())
    return dropped


def _rewrite(store: Store, archive: SourceArchive, names: list[str], lost: set[str]) -> int:
    """Replace the volumes called ``names`` by one with what of them still counts."""
    if not names:
        return 0
    old, volumes = set(names), archive.volumes()
    newest: dict[str, dict[str, Any]] = {}
    stands_in: dict[str, str] = {}
    for name, volume in volumes.items():
        for source_id, source in volume["sources"].items():
            is_newest = later(newest.get(source_id), source) is source
            if is_newest:
                newest[source_id], stands_in[source_id] = source, name
    kept = {piece[4]: tuple(piece) for s in newest.values() for piece in s["pieces"] if piece[0] not in old}
    writer = VolumeWriter(store, kept)
    moving: dict[str, dict[str, Any]] = {}
    for source_id, source in newest.items():
        if stands_in[source_id] in old or any(piece[0] in old for piece in source["pieces"]):
            moving[source_id] = source
    left = {source_id: set(source["sessions"]) - lost for source_id, source in moving.items()}
    evidence, text, held = _evidence(store, set().union(*left.values())), partial(stored_text, store), 0
    for source_id, source in moving.items():
        if left[source_id] or not source["sessions"]:
            feed = writer.source(source_id, source["path"])
            for volume, frame, start, size, _ in source["pieces"]:
                feed(archive.frame(volume, frame)[start : start + size])
                held += size
                if held >= HELD_BYTES:
                    writer.publish_held(evidence, text)
                    held = 0
            feed(b"")
    writer.publish_held(evidence, text)
    for name in names:
        (store.sources_folder / f"{name}{INDEX}").unlink(missing_ok=True)
        (store.sources_folder / f"{name}.frames").unlink(missing_ok=True)
    return len(names)


def _evidence(store: Store, sessions: Collection[str]) -> Evidence:
    """Which events of ``sessions`` say what stands where in their sources."""
    evidence: Evidence = {}
    for session_id in sessions:
        try:
            with store.reader(session_id) as reader:
                for entry in reader.entries():
                    for source_id, offset, *_ in decode(entry.extra or b"{}").get("source", [])[-1:]:
                        evidence.setdefault(source_id, []).append((offset, session_id, entry.seq))
        except WorkbenchError:
            continue  # damaged: its source is then kept without leaning on it
    return evidence


def _trim_ledger(store: Store, archive: SourceArchive, lost: set[str]) -> None:
    """One ledger file for all, without files some session of which is lost: they count as not imported."""
    before = sorted(store.sources_folder.glob(f"l_*{INDEX}"))
    entries: list[LedgerEntry] = []
    for entry in archive.ledger().values():
        if not lost.intersection(entry.sessions):
            entries.append(entry)
    write_ledger(store.sources_folder, entries)
    for path in before:
        if path.name.removesuffix(INDEX) not in archive.damage:  # it may be mended yet
            path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
