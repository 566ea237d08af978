"""Upkeep of a store: seals what is idle, packs what is small, forgets what was deleted, removes what does not count.

`maintain` does what is due, and may be killed between any two of its steps: whatever it has not published does not
count and is swept up later, whatever it has published is whole. It reads without locks, as everybody does; a
session's lock is held for the moment in which its folder gives way to a pack, and a session that changed meanwhile
stays where it is.

    seal      open segments nobody has written to for ten minutes
    pack      small sealed sessions, when many wait            (`runtime.upkeep.packing`)
    forget    the sources of deleted sessions                  (`runtime.sources.forget`)
    rewrite   packs that hold dead entries, or are many and small
    remove    what is retired for an hour; leftovers; blobs    (`runtime.upkeep.sweep`)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.clock import now_us as clock_us
from runtime.errors import SessionBusy, SessionNotFound, WorkbenchError
from runtime.manifest import Manifest
from runtime.store import UPKEEP, Store
from runtime.upkeep.packing import pack_small, rewrite_packs
from runtime.upkeep.sweep import collect_blobs, drop_stones, remove_retired, sweep

IDLE_US = 10 * 60 * 1_000_000
GRACE_US = 60 * 60 * 1_000_000
"""How long what does not count any more stays for readers that hold it."""
MANY = 64
"""Small sessions wait until so many can be packed together."""


@dataclass(slots=True)
class Report:
    """What a round of upkeep did."""

    sealed: int = 0
    """Sessions whose idle open segment was sealed."""
    packed: int = 0
    """Sessions that went from folders of their own into packs."""
    rewritten: int = 0
    """Packs that were replaced."""
    forgotten: int = 0
    """Deleted sessions whose sources are gone."""
    removed: int = 0
    """Files and folders that did not count any more."""
    collected: int = 0
    """Blobs that nothing named any more."""
    problems: list[str] = field(default_factory=list)
    """What could not be done, and why; the rest was."""


def maintain(
    store: Store, *, now_us: int | None = None, idle_us: int = IDLE_US, grace_us: int = GRACE_US, many: int = MANY
) -> Report:
    """Do whatever is due; raises `MaintenanceBusy` if somebody else is at it.

    ``many=1`` packs what there is; ``grace_us=0`` removes at once what was deleted, and readers that hold it fail.
    """
    report, now = Report(), clock_us() if now_us is None else now_us
    store.prepare()
    with store.exclusively(UPKEEP):
        steps: tuple[Callable[[], None], ...] = (
            lambda: _seal_idle(store, now - idle_us, report),
            lambda: _pack(store, many, report),
            lambda: _forget(store, report),
            lambda: _rewrite(store, now, report),
            lambda: _remove(store, now, grace_us, report),
        )
        for step in steps:
            try:
                step()
            except (WorkbenchError, OSError) as error:
                report.problems.append(str(error))
    return report


def _seal_idle(store: Store, before_us: int, report: Report) -> None:
    for session_id in store.own_sessions(store.packs.index()):
        try:
            if _is_idle(store, session_id, before_us):
                with store.writer(session_id, note=UPKEEP) as log:
                    log.seal()
                report.sealed += 1
        except (SessionBusy, SessionNotFound):
            continue
        except WorkbenchError as error:
            report.problems.append(str(error))


def _is_idle(store: Store, session_id: str, before_us: int) -> bool:
    """Whether something of the session is open, and was last written to before then."""
    folder = store.folder(session_id)
    try:
        opens = [segment for segment in Manifest.load(folder).segments if segment.kind == "open"]
        written = [os.stat(folder / f"{segment.name}.jsonl") for segment in opens]
    except FileNotFoundError:
        return False  # sealed or deleted meanwhile
    return any(found.st_size for found in written) and all(found.st_mtime_ns // 1_000 <= before_us for found in written)


def _pack(store: Store, many: int, report: Report) -> None:
    report.packed += pack_small(store, many, report.problems)


def _forget(store: Store, report: Report) -> None:
    from runtime.sources.forget import forget_deleted, gather  # above the ground floor

    report.forgotten += forget_deleted(store)
    gather(store)


def _rewrite(store: Store, now: int, report: Report) -> None:
    report.rewritten += rewrite_packs(store, now, report.problems)


def _remove(store: Store, now: int, grace_us: int, report: Report) -> None:
    """Remove what is retired; what looks like a leftover only after an hour, as somebody may be writing it."""
    removed = remove_retired(store, max(now, clock_us()) - grace_us)
    drop_stones(store)
    report.removed += removed + sweep(store, now - GRACE_US)
    if removed:
        report.collected += collect_blobs(store, now - GRACE_US)
