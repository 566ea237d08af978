"""The list of sessions. It paints at once and fills as manifests are read; what arrives never moves the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from runtime.store import Store
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.view import sessions as listing
from workbench.view import words
from workbench.view.sessions import SessionLine
from workbench.view.source import SessionSource
from workbench.view.text import shown
from workbench.view.writer import has_writer, writers
from workbench.widgets.bar import Bar
from workbench.widgets.prompt import Prompt
from workbench.widgets.session_list import SessionList

FIRST_BATCH_SECONDS, BATCH_SECONDS = 0.1, 0.5


class SessionsScreen(LaneScreen):
    """Every session in a store."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("sessions"))

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.lines: list[SessionLine] = []
        self.words = ""
        """What the list is filtered by."""
        self._reading = False
        self._touched = False
        self._said = ""
        self._stamp: list[int | None] = []

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="location", classes="bar")
        yield Bar(id="heading", margin=0)
        yield SessionList(id="list")
        yield Prompt("words to look for in titles, ids, agents, models", id="prompt")
        yield Bar(id="status", classes="bar")

    def on_mount(self) -> None:
        """Begin to read."""
        self._reads, self._opens = self.lane("sessions"), self.lane("open")
        self.list = self.query_one(SessionList)
        self.list.moved = self._moved
        self.list.focus()
        self.reload()

    def on_screen_resume(self) -> None:
        """Back from a session, which may have grown; all are read again only if some came or went."""
        if self._reading or not self.lines:
            return
        if self._stamp != self._stamp_now():
            self.reload()
        elif (opened := self.list.chosen) is not None:
            self._reads.run(lambda: self._read_one(opened.session_id), self._one_read)

    def _stamp_now(self) -> list[int | None]:
        """When sessions last came or went."""
        store = self.store
        return [_changed_at(path) for path in (store.sessions_folder, store.packs_folder, store.locks_folder)]

    def on_resize(self) -> None:
        """The bars are made for a width."""
        self.describe()

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Read every session's manifest, and show them as they come."""
        self._reading = True
        self._stamp = self._stamp_now()
        first = not self.lines

        def read() -> list[SessionLine]:
            found: list[SessionLine] = []
            due = monotonic() + FIRST_BATCH_SECONDS
            for line in self._read():
                found.append(line)
                if first and monotonic() > due:
                    self.deliver(partial(self._show, listing.in_order(found)))
                    due = monotonic() + BATCH_SECONDS
            return listing.in_order(found)

        self._reads.run(read, self._all_read)

    def _read(self) -> Iterator[SessionLine]:
        from runtime.asking.listing import (
            listed,  # on the lane: it takes a moment, and the first paint does not need it
        )

        live = writers(self.store.locks_folder)
        for session in listed(self.store):
            if self._reads.closed:
                return
            yield listing.session_line(session, writer=session.session_id in live)

    def _read_one(self, session_id: str) -> SessionLine:
        from runtime.asking.listing import listed_of

        session = listed_of(self.store, self.store.summary(session_id))
        return listing.session_line(session, writer=has_writer(self.store.locks_folder, session_id))

    def _one_read(self, line: SessionLine) -> None:
        others = [other for other in self.lines if other.session_id != line.session_id]
        self._show(listing.in_order([*others, line]))

    def _all_read(self, lines: list[SessionLine]) -> None:
        self._reading = False
        self._show(lines)

    def _show(self, lines: list[SessionLine]) -> None:
        self.lines = lines
        self._filter()

    def _filter(self) -> None:
        self.list.show_lines(listing.filtered(self.lines, self.words), stay=self._touched)
        if self._reading:
            self.list.empty = []
        elif self.lines:
            self.list.empty = [
                ("No session has these words. ", "muted"),
                ("esc", "accent"),
                (" shows all again.", "muted"),
            ]
        else:
            self.list.empty = [
                ("No sessions yet. ", "text"), ("workbench demo", "accent"), (" shows some; ", "muted"),
                ("workbench import PATH", "accent"), (" brings in yours.", "muted"),
            ]  # fmt: skip
        self.describe()

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines above and below the list."""
        if not self.is_mounted:
            return
        number = words.count(len(self.lines), "session")
        if self.words:
            number = f"{len(self.list.lines):,} of {number}"
        reading = [("reading …  ", "muted")] if self._reading else []
        self.query_one("#location", Bar).show(
            [("sessions", "strong"), (f"   {shown(str(self.store.root))}", "faint")], [*reading, (number, "muted")]
        )
        cells = self.list.line_cells
        self.query_one("#heading", Bar).show(listing.heading(cells))
        left = [(self._said, "error")] if self._said else [(f"/{self.words}", "accent")] if self.words else []
        room = self.size.width - 4 - sum(len(text) for text, _ in left)
        self.query_one("#status", Bar).show(left, [(keys.footer(room, "move", "sessions", "app"), "faint")])

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = words
        self.describe()

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _moved(self, by_hand: bool) -> None:
        """From now on the cursor stays with its session."""
        self._touched = self._touched or by_hand
        if self._said:
            self.say("")

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_open()

    def action_open(self) -> None:
        """Open the session under the cursor."""
        chosen = self.list.chosen
        if chosen is not None:
            self._touched = True
            self._opens.run(lambda: SessionSource(self.store, chosen.session_id), self._opened)

    def _opened(self, source: SessionSource) -> None:
        from workbench.screens.session import SessionScreen

        self.app.push_screen(SessionScreen(source))

    def action_filter(self) -> None:
        """Ask for words."""
        prompt = self.query_one(Prompt)
        prompt.value = self.words
        prompt.ask()

    def on_input_changed(self, message: Prompt.Changed) -> None:
        """Filter while words are typed."""
        self.words = message.value.strip()
        self._filter()

    def on_prompt_answered(self) -> None:
        """The filter stays."""
        self.list.focus()

    def on_prompt_given_up(self) -> None:
        """The filter goes."""
        self.action_clear()

    def action_clear(self) -> None:
        """Show all sessions."""
        self.words = self._said = ""
        self.query_one(Prompt).value = ""
        self._filter()
        self.list.focus()

    def action_reload(self) -> None:
        """Read again."""
        self.reload()

    def action_quit(self) -> None:
        """Leave the app."""
        self.app.exit()


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
