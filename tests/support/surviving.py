"""What a session's log says in the end: each event once, as it stands, whatever rows led there."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from runtime.store import Store


class Surviving(NamedTuple):
    """An event as it stands, less what depends on where its record was found."""

    id: str
    payload: bytes
    extra: dict[str, Any]
    time_us: int | None
    thread_id: str


def surviving_events(store: Store, session_id: str) -> list[Surviving]:
    """The events of a session in order, each where it was last written."""
    return _standing(store, session_id)[0]


def doubled(store: Store, session_id: str) -> list[str]:
    """Ids of events that are in the log again although they say nothing new, or do not say what they supersede."""
    return _standing(store, session_id)[1]


def _standing(store: Store, session_id: str) -> tuple[list[Surviving], list[str]]:
    standing: dict[str, tuple[int, Surviving]] = {}
    wrong = []
    with store.reader(session_id) as reader:
        for entry in reader.entries():
            extra = orjson.loads(entry.extra) if entry.extra else {}
            extra.pop("source", None)
            supersedes = extra.pop("supersedes", None)
            says = Surviving(entry.id, entry.payload, extra, entry.time_us, entry.thread_id)
            before = standing.pop(entry.id, None)
            if before is not None and (before[0] != supersedes or before[1] == says):
                wrong.append(entry.id)
            standing[entry.id] = entry.seq, says
    return [says for _, says in standing.values()], wrong


def everything(store: Store) -> dict[str, list[Surviving]]:
    """The same for every session of a store."""
    return {session_id: surviving_events(store, session_id) for session_id in store.session_ids()}


def citations(store: Store) -> dict[str, set[tuple[str, int, int]]]:
    """By path, every ``(source id, offset, length)`` that an event in the store cites."""
    from runtime.sources.archive import SourceArchive

    archive, paths = SourceArchive(store), {}
    found: dict[str, set[tuple[str, int, int]]] = {}
    for session_id in store.session_ids():
        with store.reader(session_id) as reader:
            for entry in reader.entries():
                for source_id, offset, length, _ in orjson.loads(entry.extra or b"{}").get("source", []):
                    path = paths.get(source_id) or paths.setdefault(source_id, archive.describe(source_id)["path"])
                    found.setdefault(path, set()).add((source_id, offset, length))
    return found
