"""Forks under the sessions they were made from, in whatever order the list is in; folded away where somebody wants."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import NamedTuple

from workbench.view.sessions.listing import WRITTEN, SessionLine

FORK, LAST, ON, PAST = "├ ", "└ ", "│ ", "  "
"""Before a fork, before the last of several; under a fork that others follow, under the last."""

Branch = tuple[str, int]
"""Of a line: what leads to it, and how many forks of it are folded away."""


class Forest(NamedTuple):
    """Lines as they are shown."""

    lines: list[SessionLine]
    branches: dict[str, Branch]
    """By session, for those alone that are forks or have some."""


def forest(lines: list[SessionLine], folded: Set[str] = frozenset(), *, live_first: bool = False) -> Forest:
    """``lines`` with every fork moved under its parent, if that is among them; of ``folded`` ones, none are shown.

    With ``live_first``, a session comes before the others not only if it is live itself, but also for a live fork."""
    forks = [line for line in lines if line.parent]
    if not forks:
        return Forest(lines, {})
    ids = {line.session_id for line in lines}
    children: dict[str, list[SessionLine]] = {}
    for line in forks:
        if line.parent in ids and line.parent != line.session_id:
            children.setdefault(line.parent, []).append(line)
    under = {line.session_id for each in children.values() for line in each}
    grown = _Growth(children, folded)
    roots = [line for line in lines if line.session_id not in under]
    live = {line.session_id for line in lines if line.state in WRITTEN} if live_first else frozenset()
    if not live.isdisjoint(under):
        roots.sort(key=lambda root: root.session_id not in live and live.isdisjoint(grown.beneath(root.session_id)))
    for root in roots:
        grown.add(root)
    for line in forks:  # sessions that say they were forked from one another: the first of them stands for a root
        if line.session_id not in grown.seen:
            grown.add(line)
    return Forest(grown.lines, grown.branches)


class _Growth:
    """A forest while it is made."""

    def __init__(self, children: dict[str, list[SessionLine]], folded: Set[str]) -> None:
        self._children, self._folded = children, folded
        self.lines: list[SessionLine] = []
        self.branches: dict[str, Branch] = {}
        self.seen: set[str] = set()

    def add(self, root: SessionLine) -> None:
        """A session, and everything that was forked from it. (No recursion: forks of forks may go deep.)"""
        waiting = [(root, "", "")]
        while waiting:
            line, branch, below = waiting.pop()
            if line.session_id in self.seen:
                continue
            self.seen.add(line.session_id)
            self.lines.append(line)
            forks = self._children.get(line.session_id, [])
            if forks and line.session_id in self._folded:
                hidden = [each for each in self.beneath(line.session_id) if each not in self.seen]
                self.seen.update(hidden)
                self.branches[line.session_id] = branch, len(hidden)
                continue
            if branch or forks:
                self.branches[line.session_id] = branch, 0
            for fork in reversed(forks):
                last = fork is forks[-1]
                waiting.append((fork, below + (LAST if last else FORK), below + (PAST if last else ON)))

    def beneath(self, session_id: str) -> Iterator[str]:
        """All that were forked from a session, or from those."""
        found, waiting = {session_id}, [session_id]
        while waiting:
            for fork in self._children.get(waiting.pop(), []):
                if fork.session_id not in found:
                    found.add(fork.session_id)
                    waiting.append(fork.session_id)
                    yield fork.session_id


def foldable(lines: list[SessionLine], chosen: SessionLine) -> str:
    """What ``z`` on a session folds: it, if it has forks among ``lines``; else the one it was forked from."""
    if any(line.parent == chosen.session_id for line in lines):
        return chosen.session_id
    return chosen.parent if any(line.session_id == chosen.parent for line in lines) else ""
