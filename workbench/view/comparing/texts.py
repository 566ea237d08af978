"""Two texts held against each other: lines that are the same, that changed, that only one of them has.

    left                        │ right
    ⋯ 12 equal ⋯
      "command": "pytest -q",   │   "command": "pytest -q",
    ~ "timeout": 60,            │ ~ "timeout": 600,
    -   "cwd": "/tmp",          │

Side by side where there is room, else one below the other. All of it is bounded: see below, and
`workbench.view.comparing.alignment`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

from workbench.view.comparing.alignment import aligned
from workbench.view.payload.raw import wrapped
from workbench.view.text import Line, fit, line_width, shown
from workbench.view.words import count, number

AROUND = 3
"""So many equal lines are shown before and after a difference."""
WIDE_FROM_CELLS = 117
"""Of a terminal of 120, what is left between its edges."""
MOST_SHOWN = 4_000
"""So many lines that differ are shown; the others are counted."""
MOST_PAIRED = 2_500
"""In a difference of more pairs of lines than these, lines are paired as they come, not by how alike they are."""
ALIKE = 0.4
LONG_EQUAL, LONG_DIFFERENT, LONG_WORDS = 400, 2_000, 20_000
"""Characters of a stretch of a line: beyond, it is shown in part; and beyond, it is not looked at word by word."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Pair(NamedTuple):
    """One line of either text, or of one alone."""

    left: str | None
    right: str | None

    @property
    def same(self) -> bool:
        """Whether there is nothing to see."""
        return self.left == self.right


Piece = tuple[str, bool]
"""A part of a line, and whether it differs."""


# ── aligning ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def paired(left: Sequence[str], right: Sequence[str]) -> list[Pair]:
    """Both texts, line by line."""
    pairs: list[Pair] = []
    x = y = 0
    for low, start, length in [*aligned(left, right), (len(left), len(right), 0)]:
        pairs += _matched(left[x:low], right[y:start])
        pairs += [Pair(line, line) for line in left[low : low + length]]
        x, y = low + length, start + length
    return pairs


def _matched(left: Sequence[str], right: Sequence[str]) -> list[Pair]:
    """Lines that differ: each beside the one that it became, as far as one can tell."""
    if not left or not right or len(left) * len(right) > MOST_PAIRED:
        most = max(len(left), len(right))
        return [Pair(*(side[at] if at < len(side) else None for side in (left, right))) for at in range(most)]
    ours, theirs = [list(map(_bag, side)) for side in (left, right)]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for x in range(len(left) - 1, -1, -1):
        for y in range(len(right) - 1, -1, -1):
            alike = _alike(ours[x], theirs[y])
            together = best[x + 1][y + 1] + alike if alike >= ALIKE else 0.0
            best[x][y] = max(together, best[x + 1][y], best[x][y + 1])
    pairs, x, y = [], 0, 0
    while x < len(left) or y < len(right):
        if y == len(right) or (x < len(left) and best[x][y] == best[x + 1][y]):
            pairs.append(Pair(left[x], None))
            x += 1
        elif x == len(left) or best[x][y] == best[x][y + 1]:
            pairs.append(Pair(None, right[y]))
            y += 1
        else:
            pairs.append(Pair(left[x], right[y]))
            x, y = x + 1, y + 1
    return pairs


def _bag(line: str) -> Counter[str]:
    return Counter(word for word in _WORDS.findall(line[:LONG_DIFFERENT]) if not word.isspace())


def _alike(ours: Counter[str], theirs: Counter[str]) -> float:
    """How many words two lines share, 1.0 being all."""
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def word_by_word(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Two lines in pieces, of which some differ."""
    head = _common(left, right)
    tail = _common(left[head:][::-1], right[head:][::-1])
    if max(len(left), len(right)) - head - tail > LONG_WORDS:
        return tuple(  # type: ignore[return-value]  # of two
            _merged([(side[:head], False), (side[head : len(side) - tail], True), (side[len(side) - tail :], False)])
            for side in (left, right)
        )
    head, tail = _whole_words(left, right, head, tail)
    ours, theirs = [_WORDS.findall(side[head : len(side) - tail]) for side in (left, right)]
    pieces: tuple[list[Piece], list[Piece]] = ([(left[:head], False)], [(right[:head], False)])
    x = y = 0
    for low, start, length in [*aligned(ours, theirs), (len(ours), len(theirs), 0)]:
        pieces[0].extend([("".join(ours[x:low]), True), ("".join(ours[low : low + length]), False)])
        pieces[1].extend([("".join(theirs[y:start]), True), ("".join(theirs[start : start + length]), False)])
        x, y = low + length, start + length
    same = left[len(left) - tail :]
    return _merged([*pieces[0], (same, False)]), _merged([*pieces[1], (same, False)])


def _common(left: str, right: str) -> int:
    """How many characters at the beginning are the same."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if left[low:middle] == right[low:middle] else (low, middle - 1)
    return low


def _whole_words(left: str, right: str, head: int, tail: int) -> tuple[int, int]:
    """A shorter beginning and end in common, so that neither ends within a word."""
    least = head - LONG_WORDS
    while head > max(0, least) and (left[head - 1].isalnum() or left[head - 1] == "_"):
        head -= 1
    least = tail - LONG_WORDS
    while tail > max(0, least) and (left[len(left) - tail].isalnum() or left[len(left) - tail] == "_"):
        tail -= 1
    return head, tail


def _merged(pieces: list[Piece]) -> list[Piece]:
    found = []
    for differs, group in groupby((piece for piece in pieces if piece[0]), key=lambda piece: piece[1]):
        found.append(("".join(text for text, _ in group), differs))
    return found


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Drawn(NamedTuple):
    """A comparison as lines."""

    lines: list[Line]
    places: list[tuple[int, int]]
    """Where each difference begins and stops among them."""


def differences(pairs: Sequence[Pair]) -> int:
    """How many places there are in which something differs."""
    return sum(not same for same, _ in groupby(pairs, key=lambda pair: pair.same))


def drawn(
    pairs: Sequence[Pair], cells: int, *, around: int = AROUND, most: int = MOST_SHOWN, signs: bool = False
) -> Drawn:
    """``pairs`` in so many cells: side by side if those are many, else what goes above what comes.

    With ``signs``, ``[-what goes-]`` and ``{+what comes+}`` within a line are told without colours, too.
    """
    lines: list[Line] = []
    places: list[tuple[int, int]] = []
    groups = [list(group) for _, group in groupby(pairs, key=lambda pair: pair.same)]
    for place, group in enumerate(groups):
        if group[0].same:
            ends = around if place else 0, around if place < len(groups) - 1 else 0
            lines += _equal(group, *ends, cells)
            continue
        here, most = group[:most], max(0, most - len(group))
        begin = len(lines)
        lines += _different(here, cells, signs)
        if here:
            places.append((begin, len(lines)))
        if len(here) < len(group):
            rest = sum(len(other) for other in groups[place:] if not other[0].same) - len(here)
            lines.append([(f"… {count(rest, 'more line')} in which they differ — y copies all", "accent")])
            break
    return Drawn(lines, places)


def _equal(group: list[Pair], before: int, after: int, cells: int) -> Iterator[Line]:
    """Lines that are the same; only those beside a difference are shown."""
    folded = len(group) - before - after
    if folded < 2:
        before, after, folded = len(group), 0, 0
    for pair in group[:before]:
        yield from _both(_context(pair), _context(pair), cells)
    if folded:
        yield [(f"⋯ {number(folded)} equal ⋯", "faint")]
    for pair in group[len(group) - after :] if after else ():
        yield from _both(_context(pair), _context(pair), cells)


def _context(pair: Pair) -> Line:
    return [("  ", ""), *_spans([(pair.left or "", False)], "muted", "")]


def _different(group: list[Pair], cells: int, signs: bool) -> Iterator[Line]:
    sides = [_sides(pair, signs) for pair in group]
    if cells >= WIDE_FROM_CELLS:
        for left, right in _beside(sides):
            yield from _both(left, right, cells)
        return
    for each in (0, 1):
        for pair in sides:
            if pair[each]:
                yield from _wrapped(pair[each], cells)


def _beside(sides: list[tuple[Line, Line]]) -> Iterator[tuple[Line, Line]]:
    """Lines that either text alone has stand beside each other, too, where nothing else is between them."""
    for is_pair, group in groupby(sides, key=lambda side: bool(side[0] and side[1])):
        if is_pair:
            yield from group
            continue
        alone = list(group)
        ours, theirs = [[side[each] for side in alone if side[each]] for each in (0, 1)]
        yield from zip_longest(ours, theirs, fillvalue=[])


SIGNS = ("[-", "-]"), ("{+", "+}")


def _sides(pair: Pair, signs: bool) -> tuple[Line, Line]:
    """Both lines with signs before them; empty where there is none."""
    left, right = pair
    if left is None or right is None:
        ours: Line = [] if left is None else [("- ", "removed"), *_spans([(left, True)], "removed", "removed")]
        theirs: Line = [] if right is None else [("+ ", "added"), *_spans([(right, True)], "added", "added")]
        return ours, theirs
    pieces = word_by_word(left, right)
    shared = sum(len(text) for text, differs in pieces[0] if not differs and not text.isspace())
    plain = "text" if shared else ""
    if signs and shared:
        pieces = _signed(pieces[0], *SIGNS[0]), _signed(pieces[1], *SIGNS[1])
    return (
        [("- ", "removed"), *_spans(pieces[0], plain or "removed", "removed")],
        [("+ ", "added"), *_spans(pieces[1], plain or "added", "added")],
    )


def _signed(pieces: list[Piece], begin: str, end: str) -> list[Piece]:
    return [(f"{begin}{text}{end}" if differs else text, differs) for text, differs in pieces]


def _spans(pieces: list[Piece], plain: str, different: str) -> Line:
    """Pieces as they may be shown, the long ones in part."""
    spans: Line = []
    for text, differs in pieces:
        role, most = (different, LONG_DIFFERENT) if differs else (plain, LONG_EQUAL)
        if len(text) <= most:
            spans.append((shown(text), role))
        elif differs:
            spans += [(shown(text[:most]), role), (f" … {number(len(text) - most)} more characters ", "faint")]
        else:
            end = most // 4
            spans += [
                (shown(text[:end]), role), (f" ⋯ {number(len(text) - 2 * end)} equal ⋯ ", "faint"),
                (shown(text[-end:]), role),
            ]  # fmt: skip
    return spans


def _both(left: Line, right: Line, cells: int) -> Iterator[Line]:
    """Two lines beside each other, where there is room for that; as many lines as the longer one takes."""
    if cells < WIDE_FROM_CELLS:
        yield from _wrapped(left, cells)
        return
    half = (cells - 3) // 2
    ours, theirs = list(_wrapped(left, half)), list(_wrapped(right, half))
    for at in range(max(len(ours), len(theirs))):
        one = ours[at] if at < len(ours) else []
        other = theirs[at] if at < len(theirs) else []
        yield [*one, (fit("", max(0, half - line_width(one))) + " │ ", "faint"), *other]


def _wrapped(line: Line, cells: int) -> Iterator[Line]:
    """A line with its sign; what does not fit goes on below, to the right of the sign."""
    if not line:
        return
    sign, *rest = line
    blanks = len(rest[0][0]) - len(rest[0][0].lstrip(" ")) if rest else 0
    if blanks:
        rest = [(" " * blanks, ""), (rest[0][0][blanks:], rest[0][1]), *rest[1:]]
    for at, part in enumerate(wrapped([rest], cells - 2, escaped=False)):
        yield [sign if not at else ("  ", ""), *part]


def as_text(pairs: Sequence[Pair]) -> str:
    """The whole comparison as a text that other programs understand: ``-`` and ``+`` before what differs."""
    lines = []
    groups = [list(group) for _, group in groupby(pairs, key=lambda pair: pair.same)]
    for place, group in enumerate(groups):
        if not group[0].same:
            lines += [f"-{pair.left}" for pair in group if pair.left is not None]
            lines += [f"+{pair.right}" for pair in group if pair.right is not None]
            continue
        before, after = AROUND if place else 0, AROUND if place < len(groups) - 1 else 0
        if len(group) > before + after + 1:
            lines += [f" {pair.left}" for pair in group[:before]]
            lines.append(f"⋯ {number(len(group) - before - after)} equal ⋯")
            group = group[len(group) - after :] if after else []
        lines += [f" {pair.left}" for pair in group]
    return "".join(f"{line}\n" for line in lines)
