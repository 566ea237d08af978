"""A stored payload as lines whose parts fold away, made a part at a time: the rest is read when somebody comes to it.

    {
      "id": "sevt_01…",
    ▸ "input": {…}  12 keys, 3.4 KiB
    }
    … 2.1 MiB more below — v to open

Where lines open and close is seen in the tokens that they were made of (`workbench.view.payload.raw`): nothing
is parsed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from workbench.view import words
from workbench.view.payload.raw import Parts
from workbench.view.text import Line


class Region(NamedTuple):
    """An object or a list that takes several lines."""

    stop: int
    """The line that closes it; of one that was cut off, the last there is."""
    depth: int


class Outline:
    """Which lines open what, in lines that may come piece by piece."""

    def __init__(self) -> None:
        self.count = 0
        self.deepest = 0
        self._regions: dict[int, Region] = {}
        self._members: dict[int, int] = {}
        self._bytes = array("q", [0])
        """Up to each line, without what only sets it out."""
        self._parents = array("q")
        """The line that opens what each stands in; -1 of none."""
        self._open: list[int] = []

    def add(self, lines: Iterable[Line]) -> None:
        """More lines."""
        for line in lines:
            index, tokens = self.count, [span for span in line if span[0].strip()]
            self.count += 1
            self._bytes.append(self._bytes[-1] + sum(_bytes(text) for text, _ in tokens))
            closes = bool(tokens) and tokens[0] in _CLOSERS
            self._parents.append(self._open[-1] if self._open else -1)
            if closes and self._open:
                opener = self._open.pop()
                self._regions[opener] = self._regions[opener]._replace(stop=index)
            elif self._open and not closes and tokens:
                self._members[self._open[-1]] += 1
            if tokens and tokens[-1] in _OPENERS:
                self._regions[index] = Region(-1, len(self._open))
                self._members[index] = 0
                self.deepest = max(self.deepest, len(self._open))
                self._open.append(index)

    def region(self, index: int) -> Region | None:
        """What line ``index`` opens."""
        found = self._regions.get(index)
        return found if found is None or found.stop >= 0 else found._replace(stop=self.count - 1)

    def openers(self, depth: int) -> Iterator[int]:
        """The lines that open something at ``depth`` or deeper."""
        return (index for index, region in self._regions.items() if region.depth >= depth)

    def around(self, index: int) -> int:
        """The line that opens what ``index`` stands in, or that it opens itself; -1 if there is none."""
        return index if index in self._regions else self._parents[index] if index < self.count else -1

    def parents(self, index: int) -> Iterator[int]:
        """The lines that open what ``index`` stands in, itself aside."""
        at = self._parents[index] if index < self.count else -1
        while at >= 0:
            yield at
            at = self._parents[at]

    def told(self, index: int, lines: Sequence[Line]) -> Line:
        """The one line that is left of what line ``index`` opens."""
        region = self.region(index)
        assert region is not None, "only what opens something can be folded"
        opening = lines[index]
        sign, _ = opening[-1]
        is_object, members = sign == "{", self._members[index]
        size = self._bytes[region.stop] - self._bytes[index + 1] + 2
        whole = self._regions[index].stop >= 0
        after = [span for span in lines[region.stop] if span[0] == ","] if whole else []
        noun = words.count(members, "key" if is_object else "item")
        more = "" if whole else " so far"
        folded = ("{…}" if is_object else "[…]", "faint")
        return [*opening[:-1], folded, *after, (f"  {noun}, {words.size(size)}{more}", "muted")]


_CLOSERS = (("}", "faint"), ("]", "faint"))
_OPENERS = (("{", "faint"), ("[", "faint"))


def _bytes(text: str) -> int:
    """Of one token as it is stored; after a colon stands a blank that is ours."""
    if text == ": ":
        return 1
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


class Raw:
    """A payload and what is kept beside it."""

    def __init__(self, payload: bytes, extra: bytes = b"") -> None:
        self._parts = Parts(payload)
        self.outline = Outline()
        self._lines: list[Line] = []
        self._below: list[Line] = []
        self.take(self.read())
        if extra:
            parts = Parts(extra)
            self._below = [[], [("beside it, in this log only", "muted"), (f"  {words.size(len(extra))}", "faint")]]
            self._below += parts.more()
            if parts.left:
                self._below.append([(f"… {words.size(parts.left)} more — v to open", "accent")])

    @property
    def lines(self) -> list[Line]:
        """As far as it was read; and how much there is beyond."""
        rest: list[Line] = []
        if self._parts.left:
            rest = [[(f"… {words.size(self._parts.left)} more — v to open", "accent")]]
        return [*self._lines, *rest, *self._below]

    @property
    def has_more(self) -> bool:
        """Whether not all of the payload was read; then `outline.count` is the line that says so."""
        return self._parts.left > 0

    def read(self) -> list[Line]:
        """The next part: work for a lane, of which nothing is seen before somebody takes it."""
        return self._parts.more()

    def take(self, lines: list[Line]) -> None:
        """Add what was read."""
        self._lines += lines
        self.outline.add(lines)


class Folds:
    """Which parts of an outline are folded."""

    def __init__(self, outline: Outline, level: int | None = None) -> None:
        """``level``: what stands so deep, or deeper, is folded; None folds nothing."""
        self._outline = outline
        self.level = level
        self.folded: set[int] = set()
        self.grown()

    def grown(self) -> None:
        """The outline has: what is too deep in what came is folded, too."""
        if self.level is not None:
            self.folded.update(self._outline.openers(self.level))

    def turn(self, step: int) -> str:
        """Fold one level more, or with -1 one less; why not, if not."""
        deepest = self._outline.deepest
        level = deepest + 1 if self.level is None else min(self.level, deepest + 1)
        wanted = level - step
        if wanted < 1:
            return "nothing more folds"
        if wanted > deepest + 1 or (step < 0 and level > deepest and not self.folded):
            return "nothing is folded"
        self.level = wanted if wanted <= deepest else None
        self.folded = set() if self.level is None else set(self._outline.openers(self.level))
        return ""

    def toggle(self, index: int) -> int:
        """Fold what line ``index`` opens or stands in, or unfold it; the line that is then left of it, or -1."""
        opener = self._outline.around(index)
        if opener >= 0:
            self.folded ^= {opener}
        return opener

    def reveal(self, indexes: Iterable[int]) -> None:
        """Unfold whatever hides these lines."""
        for index in indexes:
            if self.folded:
                self.folded.difference_update(self._outline.parents(index))

    def visible(self, lines: Sequence[Line], start: int = 0) -> Iterator[tuple[int, Line]]:
        """The lines from ``start`` on that are not folded away, each with its number."""
        at = start
        while at < len(lines):
            if at in self.folded:
                region = self._outline.region(at)
                assert region is not None, "only what opens something is folded"
                yield at, self._outline.told(at, lines)
                at = region.stop + 1
            else:
                yield at, lines[at]
                at += 1

    def sign(self, index: int) -> str:
        """``▾`` before a line that opens something, ``▸`` before one that could; else nothing."""
        if index in self.folded:
            return "▸"
        return "▾" if self._outline.region(index) is not None else ""
