"""Two sequences aligned: what stands in both, in order. What it takes is bounded, whatever they hold.

Lines that occur once on either side are anchors, and split the rest into small pieces; in a piece without anchors the
shortest way from one side to the other is looked for (Myers), and given up where that becomes too long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence

MOST_STEPS = 400_000
"""So much is looked at in all pieces together; beyond, what stands on one side goes and what stands on the other comes
as a whole."""
LONGEST_WAY = 700

Run = tuple[int, int, int]
"""So many are the same from here in the left one, from there in the right one: left, right, length."""


def aligned(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[Run]:
    """The runs that stand in both, in order, none touching the next on both sides."""
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(each, len(numbers)) for each in left]
    b = [numbers.setdefault(each, len(numbers)) for each in right]
    return _joined(_Aligner(a, b).runs())


def _joined(runs: list[Run]) -> list[Run]:
    found: list[Run] = []
    for left, right, length in runs:
        if found and (sum(found[-1][::2]), found[-1][1] + found[-1][2]) == (left, right):
            left, right, length = found[-1][0], found[-1][1], found.pop()[2] + length
        found.append((left, right, length))
    return found


class _Aligner:
    """Two sequences of numbers, and how much may still be looked at."""

    def __init__(self, a: list[int], b: list[int]) -> None:
        self._a, self._b = a, b
        self._left = MOST_STEPS

    def runs(self) -> list[Run]:
        found: list[Run] = []
        pieces = [(0, len(self._a), 0, len(self._b))]
        while pieces:  # from the last to the first, as they come off the stack
            low, high, start, stop = pieces.pop()
            head = self._same(low, high, start, stop, 1)
            low, start = low + head, start + head
            tail = self._same(low, high, start, stop, -1)
            high, stop = high - tail, stop - tail
            found += [run for run in ((high, stop, tail), (low - head, start - head, head)) if run[2]]
            if low < high and start < stop and self._left > 0:
                self._left -= (high - low + stop - start) // 8
                anchors = self._anchors(low, high, start, stop)
                if anchors:
                    pieces += self._between(anchors, low, high, start, stop)
                    found += [(x, y, 1) for x, y in anchors]
                else:
                    found += self.shortest(low, high, start, stop)
        return sorted(found)

    def _same(self, low: int, high: int, start: int, stop: int, step: int) -> int:
        """How many at the beginning, or with ``step`` -1 at the end, are the same."""
        a, b, most = self._a, self._b, min(high - low, stop - start)
        x, y = (low, start) if step > 0 else (high - 1, stop - 1)
        length = 0
        while length < most and a[x + step * length] == b[y + step * length]:
            length += 1
        return length

    def _anchors(self, low: int, high: int, start: int, stop: int) -> list[tuple[int, int]]:
        """What occurs once on either side, as far as it is in the same order on both."""
        once = {value for value, times in Counter(self._a[low:high]).items() if times == 1}
        once &= {value for value, times in Counter(self._b[start:stop]).items() if times == 1}
        if not once:
            return []
        where = {value: y for y, value in enumerate(self._b[start:stop], start) if value in once}
        pairs = [(x, where[value]) for x, value in enumerate(self._a[low:high], low) if value in once]
        return _rising(pairs)

    @staticmethod
    def _between(
        anchors: list[tuple[int, int]], low: int, high: int, start: int, stop: int
    ) -> list[tuple[int, int, int, int]]:
        ends = [*anchors, (high, stop)]
        begins = [(low, start), *((x + 1, y + 1) for x, y in anchors)]
        return [(x, to_x, y, to_y) for (x, y), (to_x, to_y) in zip(begins, ends) if x < to_x and y < to_y]

    def shortest(self, low: int, high: int, start: int, stop: int) -> list[Run]:
        """The way with the fewest lines that go or come; nothing in common where that is too far to look."""
        a, b, n, m = self._a, self._b, high - low, stop - start
        reach: dict[int, int] = {1: 0}
        trail: list[dict[int, int]] = []
        for distance in range(min(n + m, LONGEST_WAY) + 1):
            trail.append(dict(reach))
            for k in range(-distance, distance + 1, 2):
                down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
                x = reach[k + 1] if down else reach[k - 1] + 1
                y = x - k
                while x < n and y < m and a[low + x] == b[start + y]:
                    x, y = x + 1, y + 1
                    self._left -= 1
                reach[k] = x
                if x >= n and y >= m:
                    return [(low + x, start + y, length) for x, y, length in _walked(trail, n, m)]
            self._left -= 2 * distance + 1
            if self._left < 0:
                return []
        return []


def _walked(trail: list[dict[int, int]], x: int, y: int) -> list[Run]:
    """The way back from the end, by how far was reached at each distance."""
    runs = []
    for distance in range(len(trail) - 1, -1, -1):
        reach, k = trail[distance], x - y
        down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
        came_x = reach[k + 1] if down else reach[k - 1]
        came_y = came_x - (k + 1 if down else k - 1)
        from_x = came_x if down else came_x + 1
        if distance == 0:
            from_x = 0
        if x > from_x:
            runs.append((from_x, y - (x - from_x), x - from_x))
        x, y = came_x, came_y
    return runs


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs in order of their first, the most that are in order of their second, too."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, y) in enumerate(pairs):
        place = bisect_left(tops, y)
        before.append(ends[place - 1] if place else -1)
        if place == len(tops):
            tops.append(y)
            ends.append(index)
        else:
            tops[place], ends[place] = y, index
    found = []
    at = ends[-1] if ends else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
