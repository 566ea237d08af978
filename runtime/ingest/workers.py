"""Other processes that import shares of what was found, one after another as they get free.

A process takes as long to start as a few megabytes take to import. So processes are started as soon as enough has been
found for them, while the rest is still being looked for; and shares get smaller towards the end, so that none of the
processes is left alone with a large one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from runtime.importers.discover import Found

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

WORTH_SHARING_BYTES = 32 * 1024 * 1024
"""Below this one process is done before a second has started."""
LARGEST_SHARE_BYTES, SMALLEST_SHARE_BYTES = 16 * 1024 * 1024, 2 * 1024 * 1024

Group = Sequence[Found]
T = TypeVar("T")
P = ParamSpec("P")


class Workers:
    """As many processes as there are cores, if they turn out to be needed."""

    def __init__(self, processes: int | None, ready: Callable[[], None]) -> None:
        """At most so many ``processes``, this one among them; each other calls ``ready`` as soon as it runs."""
        self.count = processes or os.cpu_count() or 1
        self._ready = ready
        self._pool: ProcessPoolExecutor | None = None
        self._expected = self._largest = 0

    @property
    def started(self) -> bool:
        """Whether there is enough to do for more than one process."""
        return self._pool is not None

    def expect(self, size: int) -> None:
        """There is another file, of so many bytes, to be read. A single large one occupies one process anyway."""
        self._expected += size
        self._largest = max(self._largest, size)
        enough = min(self._expected, 2 * (self._expected - self._largest)) >= WORTH_SHARING_BYTES
        if enough and self.count > 1 and self._pool is None:
            self._start()

    def _start(self) -> None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        self._pool = ProcessPoolExecutor(self.count - 1, mp_context=multiprocessing.get_context("spawn"))
        for _ in range(self.count - 1):
            self._pool.submit(self._ready)

    def idle(self, tasks: Iterable[Future[T]]) -> bool:
        """Whether a process will soon have nothing left of ``tasks``: each has one at hand and one to go on with."""
        return sum(not task.done() for task in tasks) < 2 * (self.count - 1)

    def submit(self, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> Future[T]:
        """Have something done by whichever process is free first."""
        assert self._pool is not None, "nothing was expected"
        return self._pool.submit(work, *args, **more)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def bytes_in(groups: Sequence[Group]) -> int:
    """How much there is to read in them."""
    return sum(found.bytes for group in groups for found in group if found.importer)


def shares_of(groups: Sequence[Group], processes: int) -> Iterator[list[Group]]:
    """Neighbouring groups together until a share is worth a task: of what is left, a part that gets smaller."""
    sizes = [bytes_in([group]) for group in groups]
    left, held, share = sum(sizes), 0, []
    for group, size in zip(groups, sizes):
        share.append(group)
        held += size
        if held >= min(LARGEST_SHARE_BYTES, max(SMALLEST_SHARE_BYTES, left // (3 * processes))):
            yield share
            left, held, share = left - held, 0, []
    if share:
        yield share
