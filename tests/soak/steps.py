"""Upkeep, and a day of a session, cut short before every single step on disk that they take."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.clock import now_us
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.soak.outcome import Outcome
from tests.support.builders import ids
from tests.support.crashes import dying_at
from tests.support.whole import a_day, check_day, check_tidy, check_whole, mixed_store, numbered, packed_store


def steps(folder: Path, seed: int, rounds: int) -> Outcome:
    """Every step if there are rounds enough, else as many as there are rounds, chosen by the seed."""
    outcome = Outcome("steps")
    mixed, expected = mixed_store(folder / "mixed")
    packed = packed_store(folder / "packed")

    def upkeep(store: Store, acknowledged: list[str]) -> None:
        maintain(store, now_us=now_us() + 2 * GRACE_US, many=1)

    def after_upkeep(store: Store, acknowledged: list[str]) -> None:
        check_whole(store, expected)
        check_tidy(store, expected)

    for name, template, act, check in (("upkeep", mixed, upkeep, after_upkeep), ("a day", packed, a_day, check_day)):
        _each(name, template, act, check, random.Random(seed), rounds, outcome)
    outcome.events = sum(map(len, expected.values())) + len(ids(packed, "sesn_1"))
    return outcome


def _each(
    name: str, template: Store, act: Callable[[Store, list[str]], None], check: Callable[[Store, list[str]], None],
    words: random.Random, rounds: int, outcome: Outcome,
) -> None:  # fmt: skip
    total = _one(template, act, check, 1 << 60)[0]
    chosen = range(1, total + 1) if rounds >= total else sorted(words.sample(range(1, total + 1), max(1, rounds)))
    for last in chosen:
        outcome.rounds += 1
        outcome.checks += 1
        _, wrong = _one(template, act, check, last)
        if wrong:
            outcome.failures.append(f"{name} cut short before step {last} of {total}: {wrong}")
    outcome.beside += f"{name}: {total} steps  "


def _one(
    template: Store, act: Callable[[Store, list[str]], None], check: Callable[[Store, list[str]], None], last: int
) -> tuple[int, str]:
    """Run once on a copy of ``template``; how many steps were taken, and what is wrong after."""
    copy, acknowledged = template.root.with_name(f"{template.root.name}-copy"), numbered((0, 8))
    shutil.copytree(template.root, copy)
    patch = pytest.MonkeyPatch()
    try:
        with dying_at(patch, last) as taken:
            act(Store(copy), acknowledged)
        check(Store(copy), acknowledged)
        return taken.count, ""
    except Exception as error:
        return 0, f"{type(error).__name__}: {error}"
    finally:
        patch.undo()
        shutil.rmtree(copy)
