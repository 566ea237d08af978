"""Marks: set, taken away, gone to; and two of them held against each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.screens.session.part import Part
from workbench.view import words
from workbench.view.session.marks import Marks, beyond

if TYPE_CHECKING:
    from workbench.kept.remembered import Remembered
    from workbench.screens.session.screen import SessionScreen
    from workbench.view.comparing.divergence import Outcome
    from workbench.view.lane import Lane


class Marking(Part):
    """Between `Marks`, which are remembered, and what shows them."""

    def __init__(self, screen: SessionScreen) -> None:
        super().__init__(screen)
        self._stop: Callable[[], None] = lambda: None
        self._comparing = False

    def start(self) -> None:
        """See `Part`."""
        remembered: Remembered = self.screen.app.remembered  # type: ignore[attr-defined]  # the app is ours
        self.marks = Marks(remembered, self.screen.source.session_id)
        self._show()

    def close(self) -> None:
        """See `Part`."""
        self._stop()

    def step_back(self) -> bool:
        """See `Part`: what is looked for is not wanted any more."""
        if not self._comparing:
            return False
        self._stop()
        self.screen.say("")
        return True

    @property
    def seqs(self) -> list[int]:
        """The marked events, in order."""
        source = self.screen.source
        return self.marks.seqs(source.standing, source.count)

    def _show(self) -> None:
        """Have everything that shows marks show these."""
        seqs = self.seqs
        self.screen.list.mark(seqs)
        self.screen.scrubbing.show_marks(seqs)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def toggle_mark(self) -> None:
        """Mark the event under the cursor, or take its mark away."""
        source, seq = self.screen.source, self.screen.at
        if (row := source.row(seq)) is None:
            return
        marked = self.marks.toggle(seq, row.id, source.standing)
        self._show()
        self.screen.say(f"event {words.number(seq)} is {'marked' if marked else 'not marked any more'}")

    def next_mark(self) -> None:
        """To the next marked event."""
        self._go(1)

    def previous_mark(self) -> None:
        """To the one before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        screen, seqs = self.screen, self.seqs
        shown = [seq for seq in seqs if screen.sifting.lets(seq)]
        seq = beyond(shown, screen.at, step)
        if seq is None:
            screen.say("the filter lets no marked event through" if seqs else "nothing is marked: m marks an event")
            return
        place = f"mark {shown.index(seq) + 1:,} of {len(shown):,}"
        around = (seq - screen.at) * step < 0
        only = seq == screen.at
        hidden = f"; {len(seqs) - len(shown):,} more behind the filter" if len(shown) < len(seqs) else ""
        end = f", around the {'end' if step > 0 else 'beginning'}" if around else ""
        screen.go_to(seq, f"{'this is the only mark' if only else place + end}{hidden}")

    def diff(self) -> None:
        """Hold the payload of the event that was marked last against the one under the cursor."""
        screen, source = self.screen, self.screen.source
        marked = self.marks.latest_but(screen.at, source.standing, source.count)
        if marked is None:
            here = "only this event is marked" if self.seqs else "nothing is marked: m marks an event"
            screen.say(f"{here}; d then compares it with the one under the cursor")
        elif source.row(screen.at) is not None:
            self._compare(marked, screen.at)

    def first_divergence(self) -> None:
        """See where what followed one mark first differs from what followed the other."""
        screen, source, seqs = self.screen, self.screen.source, self.seqs
        if len(seqs) != 2:
            count = words.count(len(seqs), "event")
            screen.say(f"{count if seqs else 'nothing'} marked: D compares what follows two marks, no more and no less")
            return
        from workbench.view.comparing.divergence import first_divergence

        self._stop()
        wanted = True

        def stop() -> None:
            nonlocal wanted
            wanted = self._comparing = False

        self._stop, self._comparing = stop, True
        screen.say("what follows the two marks is compared …", "muted")

        def work() -> Outcome:
            with source.store.reader(source.session_id) as reader:
                return first_divergence(reader, seqs[0], seqs[1], source.standing, lambda: wanted)

        self._lane.run(work, lambda outcome: self._diverged(outcome) if wanted else None)

    @cached_property
    def _lane(self) -> Lane:
        return self.screen.lane("divergence")

    def _diverged(self, outcome: Outcome) -> None:
        """Go to where they part, and show it."""
        self._comparing = False
        if outcome.right is not None:
            self.screen.jump_to(outcome.right)
        self.screen.say(outcome.words)
        if outcome.left is not None and outcome.right is not None and self.screen.is_current:
            self._compare(outcome.left, outcome.right, outcome.words)

    def _compare(self, left: int, right: int, why: str = "two events of this session") -> None:
        from workbench.screens.compare_payloads import ComparePayloads

        self.screen.app.push_screen(ComparePayloads(self.screen.source, left, right, why))
