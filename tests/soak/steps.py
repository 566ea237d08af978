"""Upkeep, a day of a session and an import, cut short before every single step on disk that they take.

Once as if the process were killed there: whatever reached the file system is left. And once as if the power were cut:
only what was synced is left (`tests.soak.power`).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.clock import now_us
from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.soak.outcome import Outcome
from tests.soak.power import watched
from tests.support.builders import ids, new_store
from tests.support.crashes import dying_at
from tests.support.surviving import Surviving, doubled, everything, surviving_events
from tests.support.transcripts import write_transcripts
from tests.support.whole import Expected, a_day, check_day, check_tidy, check_whole, mixed_store, numbered, packed_store

WHOLE = 1 << 60
"""More steps than anything takes."""


@dataclass
class Cut:
    """Something that is cut short, on a copy of ``template`` each time."""

    name: str
    template: Store
    act: Callable[[Store, list[str]], None]
    """Notes what was acknowledged."""
    check: Callable[[Store, list[str]], None]
    events: int


def steps(folder: Path, seed: int, rounds: int) -> Outcome:
    """Every step if there are rounds enough, else as many as there are rounds, chosen by the seed."""
    outcome = Outcome("steps")
    for cut in (_upkeep(folder), _day(folder), _import(folder)):
        total = _one(cut, WHOLE, power=False)[0]
        every, words = range(1, total + 1), random.Random(seed)
        chosen = list(every) if rounds >= total else sorted(words.sample(every, max(1, rounds)))
        for last in chosen:
            for power in (False, True):
                outcome.rounds += 1
                outcome.checks += 1
                _, wrong = _one(cut, last, power=power)
                if wrong:
                    how = "power cut" if power else "killed"
                    outcome.failures.append(f"{cut.name}, {how} before step {last} of {total}: {wrong}")
        outcome.events += cut.events
        outcome.beside += f"{cut.name}: {total} steps  "
    return outcome


def _one(cut: Cut, last: int, *, power: bool) -> tuple[int, str]:
    """Run once on a copy of the template; how many steps were taken, and what is wrong after."""
    copy, acknowledged = cut.template.root.with_name(f"{cut.template.root.name}-copy"), numbered((0, 8))
    left = copy.with_name("left")
    shutil.copytree(cut.template.root, copy)
    patch = pytest.MonkeyPatch()
    try:
        with watched(patch, copy) as platter, dying_at(patch, last) as taken:
            cut.act(Store(copy), acknowledged)
        if power:
            platter.left(left)
        cut.check(Store(left if power else copy), acknowledged)
        return taken.count, ""
    except Exception as error:
        return 0, f"{type(error).__name__}: {error}"
    finally:
        patch.undo()
        for folder in (copy, left):
            shutil.rmtree(folder, ignore_errors=True)


def _upkeep(folder: Path) -> Cut:
    """Everything waits for upkeep."""
    store, expected = mixed_store(folder / "mixed")

    def act(store: Store, acknowledged: list[str]) -> None:
        maintain(store, now_us=now_us() + 2 * GRACE_US, many=1)

    def check(store: Store, acknowledged: list[str]) -> None:
        check_whole(store, expected)
        check_tidy(store, expected)

    return Cut("upkeep", store, act, check, _count(expected))


def _day(folder: Path) -> Cut:
    """What a session may go through."""
    store = packed_store(folder / "packed")
    return Cut("a day", store, a_day, check_day, len(ids(store, "sesn_1")))


def _import(folder: Path) -> Cut:
    """Files have grown, one session is deleted and its sources are forgotten."""
    paths, store, reference = write_transcripts(folder / "transcripts", range(4)), new_store(folder / "imported"), {}
    whole = {path: path.read_bytes() for path in paths}
    for path in paths[:3]:
        path.write_bytes(whole[path][: len(whole[path]) // 2])
    import_paths(store, paths[:3], processes=1)
    gone = store.session_ids()[0]
    for path in paths:
        path.write_bytes(whole[path])
    import_paths(Store(folder / "reference"), paths, processes=1)
    reference = everything(Store(folder / "reference"))

    def act(store: Store, acknowledged: list[str]) -> None:
        import_paths(store, paths, processes=1)
        acknowledged.append("imported")
        store.delete(gone)
        acknowledged.append("deleted")
        maintain(store, many=1, now_us=now_us() + 2 * GRACE_US)

    def check(store: Store, acknowledged: list[str]) -> None:
        if "imported" in acknowledged:
            _check_import(store, {name: said for name, said in reference.items() if name != gone})
        assert "deleted" not in acknowledged or not store.exists(gone), "what was deleted is there again"
        assert import_paths(store, paths, processes=1).rejected == []
        _check_import(store, reference)
        assert maintain(store, many=1, now_us=now_us() + 4 * GRACE_US).problems == []
        _check_import(store, reference)
        assert import_paths(store, paths, processes=1).events == 0

    return Cut("an import", store, act, check, sum(map(len, reference.values())))


def _check_import(store: Store, reference: dict[str, list[Surviving]]) -> None:
    """These sessions say what they must, once, and so do their sources."""
    for session_id, said in reference.items():
        assert surviving_events(store, session_id) == said, f"{session_id} says something else"
        assert doubled(store, session_id) == []
        assert store.verify(session_id) > 0
    assert list(check_frames(SourceArchive(store))) == []


def _count(expected: Expected) -> int:
    return sum(map(len, expected.values()))
