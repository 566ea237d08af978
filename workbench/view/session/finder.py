"""What is asked to be found in a session: done on a lane with a reader of its own, so that scrolling never waits."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from runtime.reader import LogReader
from runtime.store import Store
from workbench.view import words
from workbench.view.lane import Lane
from workbench.view.session.find import Found, Search, Wanted, find_error_around, find_of_thread, find_turn, run_search
from workbench.view.session.source import OwnReader
from workbench.view.session.standing import ALL, Picked, Standing
from workbench.view.text import Line, shown

Answer = Callable[[int | None, str], None]
"""Takes the event that was found, or None and why there is none."""


class Finder:
    """One thing is looked for at a time: asking for another ends what is under way."""

    def __init__(self, store: Store, session_id: str) -> None:
        self._reader = OwnReader(store, session_id)
        self._errand = 0
        self._cancel = Event()
        self._jump_from: int | None = None
        self._standing = ALL
        self.search: Search | None = None

    def start(self, lane: Lane, answer: Answer, progress: Callable[[], None]) -> None:
        """``answer`` hears what was found, ``progress`` that a search has come further or is over."""
        self._lane, self._answer, self._progress = lane, answer, progress

    def _new_errand(self) -> Wanted:
        """End what is under way; whether the new errand is still wanted."""
        self._cancel.set()
        self._cancel = Event()
        self._errand += 1
        errand = self._errand
        return lambda: self._errand == errand and not self._lane.closed

    def replaced(self, standing: Standing) -> None:
        """From now on only these events are found."""
        self._standing = standing
        if self.search is not None:
            self.search.drop(standing)

    # ── errors and turns ─────────────────────────────────────────────────────────────────────────────────────────────

    def error(self, seq: int, step: int) -> None:
        """The next error after event ``seq``, or before it."""
        around = f"no error {_side(step)} event {words.number(seq)}: this is the {'first' if step > 0 else 'last'}"
        none = "no error passes the filter" if isinstance(self._standing, Picked) else "this session has no errors"
        self._jump(find_error_around, seq, step, (none, "this is the only error", around))

    def turn(self, seq: int, step: int) -> None:
        """The next turn after event ``seq``, or the beginning of this one."""
        none = "this is the last turn" if step > 0 else "this is the first turn"
        self._jump(find_turn, seq, step, (none, none, ""))

    def of_thread(self, seq: int, step: int) -> None:
        """The next event of the thread that event ``seq`` is of, or the one before."""
        none = f"this is the {'last' if step > 0 else 'first'} event of its thread"
        self._jump(find_of_thread, seq, step, (none, none, ""))

    def _jump(
        self, find: Callable[[LogReader, int, int, Wanted, Standing], int | None], seq: int, step: int,
        why: tuple[str, str, str],
    ) -> None:  # fmt: skip
        """``why``: what to say when there is none, when it is this one, and when it was found around the end."""
        self._stop_search()
        wanted, standing = self._new_errand(), self._standing

        def arrived(found: int | None) -> None:
            if wanted():
                around = found is not None and (found - seq) * step < 0
                self._answer(found, why[0] if found is None else why[1] if found == seq else why[2] if around else "")

        self._lane.run(lambda: find(self._reader.now(), seq, step, wanted, standing), arrived)

    # ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def needle(self) -> str:
        """What is searched for."""
        return self.search.needle if self.search is not None else ""

    def look_for(self, needle: str, cursor: int) -> None:
        """Search all payloads, from the event after the cursor on."""
        wanted = self._new_errand()
        self.search = None
        if not needle:
            self._progress()
            return
        self._jump_from = cursor

        def begin() -> Search:
            count = self._reader.now().count
            return Search(needle, min(cursor + 1, count), count)

        def begun(search: Search) -> None:
            if wanted():
                self.search = search
                search.drop(self._standing)
                self._progress()
                report, cancel = self._reporter(search, wanted), self._cancel
                self._lane.run(lambda: run_search(search, self._reader.now(), report, cancel), lambda _: None)

        self._lane.run(begin, begun)

    def _reporter(self, search: Search, wanted: Wanted) -> Callable[[Found], None]:
        """Takes what a search reports (on the lane) to whoever draws."""

        def apply(found: Found) -> None:
            low, high, hits = found
            search.add(low, high, hits)
            self._go_to_first(search)
            self._progress()

        return lambda found: self._lane.tell(lambda: apply(found) if wanted() else None)

    def _go_to_first(self, search: Search) -> None:
        """Once, as soon as something is found."""
        if self._jump_from is not None and (seq := search.beyond(self._jump_from, 1)) is not None:
            self._jump_from = None
            self._answer(seq, "")

    def hit(self, cursor: int, step: int) -> None:
        """To the next place found, or the one before."""
        if self.search is None:
            self._answer(None, "nothing was searched for: / searches")
            return
        seq = self.search.beyond(cursor, step)
        if seq is not None:
            around = f"{_place(self.search, seq)}, around the {'end' if step > 0 else 'beginning'}"
            self._answer(seq, around if (seq - cursor) * step <= 0 else "")
        elif self.search.done:
            self._answer(None, f"{shown(self.search.needle)!r} is in no payload")
        else:
            self._answer(None, f"nothing {_side(step)} this yet: {self.search.percent} % looked through")

    def forget(self) -> None:
        """Stop searching; nothing is marked any more."""
        self._new_errand()
        self.search = None
        self._progress()

    def _stop_search(self) -> None:
        if self.search is not None and not self.search.done:
            self.search = None
            self._progress()

    def words(self, cursor: int) -> Line:
        """``/needle   3 of 17`` and how far the search is; nothing while nothing is searched for."""
        search = self.search
        if search is None:
            return []
        line: Line = [(f"/{shown(search.needle)}", "accent"), (f"   {_place(search, cursor)}", "muted")]
        if not search.done:
            line.append((f"   {search.percent} % looked through", "faint"))
        return line

    def close(self) -> None:
        """Stop, and let go of the reader."""
        self._new_errand()
        self._lane.close(self._reader.close)


def _side(step: int) -> str:
    return "after" if step > 0 else "before"


def _place(search: Search, cursor: int) -> str:
    if not len(search):
        return "in no payload" if search.done else "nothing yet"
    found = words.count(len(search), "event")
    place = search.place(cursor)
    return found if place is None else f"{place:,} of {found}"
