"""The palette: everything that can be done here, found by a few letters of what it is called or says of itself.

Letters count most where words begin, then where they follow each other: ``nt`` finds *next turn* by its initials, and
``err`` *next error* by the beginning of a word. Words may be typed in any order; all of them must be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from workbench.view.text import Line, both_ends, fit, shown, width

INITIAL, TOGETHER, ANYWHERE, NAME = 16, 12, 1, 4
"""What a letter is worth where a word begins, right after the one before it, anywhere; and more in a name."""
GAP, LONGEST_GAP = 1, 8
"""What each letter that is passed over takes away."""
WHOLE_WORD = 6
"""What it is worth that a word was typed to its end."""
TYPED = 10_000
"""More than any letters are worth: that it was a key that was typed, to know what it does; or the very name."""
LONGEST_TYPED = 60
WEAK_SHARE = 2
"""What is worth less than half of the best is not shown."""
NAME_CELLS = 22


class Command(NamedTuple):
    """Something that can be done."""

    name: str
    words: str
    keys: str = ""
    """As they are written on a keyboard."""
    why_not: str = ""
    """Why it cannot be done now; empty where it can."""
    first: bool = False
    """Whether it comes before all others, whatever was typed."""

    @property
    def text(self) -> str:
        """What letters are looked for in."""
        return f"{self.name} {self.words}".lower()


class Offer(NamedTuple):
    """A command, and what does it."""

    command: Command
    do: Callable[[], object]


class Match(NamedTuple):
    """A command that was found."""

    command: Command
    number: int
    """Which of all commands it is."""
    places: frozenset[int]
    """The letters of its text that were typed."""


Way = tuple[int, tuple[int, ...]]
"""What it is worth to find letters at some places, and those."""


def ranked(commands: Sequence[Command], typed: str) -> list[Match]:
    """The commands that ``typed`` finds, the best first; all of them in their order where nothing is typed."""
    parts = typed.lower()[:LONGEST_TYPED].split()
    ways = [[_best(command.text, part, len(command.name)) for part in parts] for command in commands]
    enough = [max((way[at][0] for way in ways), default=0) // WEAK_SHARE for at in range(len(parts))]
    found: list[tuple[int, Match]] = []
    for number, command in enumerate(commands):
        score = _score(command, parts, ways[number], enough)
        if typed.strip() in command.keys.split():
            score = max(score or 0, TYPED)
        if score is not None:
            places = frozenset(place for way in ways[number] for place in way[1])
            found.append((score, Match(command, number, places)))
    found.sort(key=lambda item: (-item[0], item[1].number))
    return [match for _, match in found]


def _score(command: Command, parts: Sequence[str], ways: Sequence[Way], enough: Sequence[int]) -> int | None:
    """How well all ``parts`` are in a command; None where one is not, or so badly that another must be meant."""
    if command.first:
        return 2 * TYPED
    if any(not places or score < least for (score, places), least in zip(ways, enough)):
        return None
    return sum(score for score, _ in ways) + (TYPED if " ".join(parts) == command.name else 0)


def _best(text: str, part: str, name_stop: int) -> Way:
    """The best way to find the letters of ``part`` in ``text`` in their order; no places where there is none."""
    rest = iter(text)
    if not all(letter in rest for letter in part):
        return 0, ()
    ways: dict[int, Way] = {-1: (0, ())}  # by the place of the letter before
    for letter in part:
        further: dict[int, Way] = {}
        for at, have in enumerate(text):
            if have == letter:
                reached = [(way[0] + _worth(text, at, before), before) for before, way in ways.items() if before < at]
                if reached:
                    score, before = max(reached)
                    further[at] = score + (NAME if at < name_stop else 0), (*ways[before][1], at)
        ways = further
    score, places = max(ways.values())
    return score + (WHOLE_WORD if not text[places[-1] + 1 : places[-1] + 2].isalnum() else 0), places


def _worth(text: str, at: int, before: int) -> int:
    """What it is worth that a letter is found at ``at``, the one before it being at ``before``."""
    if before >= 0 and at == before + 1:
        return TOGETHER
    passed = min(at - before - 1, LONGEST_GAP) if before >= 0 else 0
    if at == 0 or not text[at - 1].isalnum():
        return INITIAL - GAP * passed // 4
    return ANYWHERE - GAP * passed


# ── a line of it ─────────────────────────────────────────────────────────────────────────────────────────────────────


def command_line(match: Match, cells: int) -> Line:
    """``next error    to the next error     e``: what was typed stands out; what cannot be done says why."""
    command = match.command
    name, words = shown(command.name), shown(command.why_not or command.words)
    places = match.places if name.lower() == command.name.lower() else frozenset()
    gap = " " * max(2, NAME_CELLS - width(name))
    line = [*_marked(name, places, 0, "faint" if command.why_not else "text"), (gap, "")]
    room = cells - width(command.keys) - max(NAME_CELLS, width(name) + 2) - 2
    if room > 0:
        said = fit(words, room) if width(words) > room else words
        if command.why_not or words != command.words:
            line.append((said, "muted"))
        else:
            line += _marked(said, places, len(command.name) + 1, "muted")
    return both_ends(line, [(command.keys, "accent" if not command.why_not else "faint")], cells)


def _marked(text: str, places: Iterable[int], first: int, role: str) -> Line:
    """``text``, whose first letter is at ``first``, with the letters at ``places`` standing out."""
    line: Line = []
    for at, letter in enumerate(text, first):
        here = "strong" if at in places else role
        if line and line[-1][1] == here:
            line[-1] = (line[-1][0] + letter, here)
        else:
            line.append((letter, here))
    return line
