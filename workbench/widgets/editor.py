"""Where a query is written: a few lines of text with a caret. What it offers it shows elsewhere, and never insists."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench import keys
from workbench.view.sql.draft import Draft, is_blank, is_whole, laid_out
from workbench.view.sql.vocabulary import coloured
from workbench.view.text import Line, shown, width
from workbench.widgets.ink import Inks, lines_of

LEFT = 3
"""Cells before the text: a sign on its first line."""


class Editor(Widget, can_focus=True):
    """Takes every key but those that mean something to the screen."""

    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("editor"))
    ALLOW_SELECT = False

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.draft = draft
        self.changed: Callable[[], None] = lambda: None
        """Told of every other text, and of every move of the caret."""
        self.run: Callable[[], None] = lambda: None
        """Told that the query is whole and enter was pressed. At once, as the others: keys are done in their turn."""
        self.edge: Callable[[int], None] = lambda step: None
        """Told that the caret can go no further up (-1) or down (1)."""
        self.complete: Callable[[], None] = lambda: None
        """Told that tab was pressed."""
        self._actions = {name: key.action for key in keys.at("editor") for name in key.keys}
        self.top = 0
        """The first row in sight."""
        self._rows = [(0, 0)]
        self._spans: Line = []
        self._inks: Inks | None = None

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """A key, at once and in its turn: by way of bindings enter would come after what was typed behind it."""
        if event.is_printable and event.character:
            self.draft.type(event.character)
            self.show_caret()
        elif event.key in self._actions:
            getattr(self, f"action_{self._actions[event.key]}")()
        elif self._edit(event.key):
            self.show_caret()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Text, all lines of it."""
        event.stop()
        self.draft.type(event.text)
        self.show_caret()

    def _edit(self, key: str) -> bool:
        """Do what ``key`` says; False where it says nothing."""
        draft = self.draft
        plain: dict[str, Callable[[], object]] = {
            "backspace": lambda: draft.rub_out(1), "ctrl+h": lambda: draft.rub_out(1),
            "delete": lambda: draft.rub_out(-1), "ctrl+d": lambda: draft.rub_out(-1),
            "ctrl+w": draft.rub_out_word, "ctrl+u": lambda: draft.rub_out_line(after=False),
            "ctrl+k": lambda: draft.rub_out_line(after=True),
            "left": lambda: draft.move(-1), "right": lambda: draft.move(1),
            "home": draft.line_start, "ctrl+a": draft.line_start, "end": draft.line_end, "ctrl+e": draft.line_end,
            "pageup": lambda: draft.place(0, 0), "pagedown": lambda: draft.place(len(draft.text), len(draft.text)),
        }  # fmt: skip
        if key in plain:
            plain[key]()
            return True
        return False

    def action_run(self) -> None:
        """Run what is whole; else go on in a new line, where a second enter runs it."""
        draft = self.draft
        empty_line = not draft.lines[draft.line].strip() and draft.at == len(draft.text)
        if is_whole(draft.text) or (empty_line and not is_blank(draft.text)):
            if empty_line:
                draft.rub_out(len(draft.text) - len(draft.text.rstrip()))
            self.show_caret()
            self.run()
        else:
            self.action_newline()

    def action_newline(self) -> None:
        """Go on in a new line."""
        self.draft.newline()
        self.show_caret()

    def action_undo(self) -> None:
        """Undo what was typed last."""
        self.draft.undo()
        self.show_caret()

    def action_complete(self) -> None:
        """Take what is offered."""
        self.complete()

    def action_older(self) -> None:
        """A line up, or on to the query before."""
        self._up_or_down(-1)

    def action_newer(self) -> None:
        """A line down, or on to the query after."""
        self._up_or_down(1)

    def _up_or_down(self, way: int) -> None:
        if self.draft.move_lines(way):
            self.show_caret()
        else:
            self.edge(way)

    def on_click(self, event: events.Click) -> None:
        """The caret goes where the mouse is."""
        start, stop = self._rows[min(self.top + event.y, len(self._rows) - 1)]
        at = start
        while at < stop and width(shown(self.draft.text[start : at + 1])) <= event.x - LEFT:
            at += 1
        self.draft.move(at - self.draft.at)
        self.show_caret()

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def rows(self) -> int:
        """How many lines it takes to show the whole query."""
        return len(self._rows)

    def show_caret(self) -> None:
        """Lay the text out, have the caret in sight, and say that something is different."""
        self._rows = laid_out(self.draft.text, max(8, self.size.width - LEFT - 1))
        self._spans = coloured(self.draft.text)
        self.changed()
        self._slide()
        self.refresh()

    def _slide(self) -> None:
        """No further than it takes to have the caret in sight."""
        height = max(1, self.size.height)
        self.top = min(max(self.top, self._caret_row - height + 1), self._caret_row, max(0, self.rows - height))

    @property
    def _caret_row(self) -> int:
        return max(row for row, (start, _) in enumerate(self._rows) if start <= self.draft.at)

    def on_resize(self) -> None:
        """Rows are made for a width; the caret may be out of sight now."""
        self.show_caret()

    def on_focus(self) -> None:
        """There is a caret now."""
        self.refresh()

    def on_blur(self) -> None:
        """There is none."""
        self.refresh()

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._inks = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `lines_of`."""
        return lines_of(self, crop)

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of those in sight."""
        if self._inks is None:
            self._inks = Inks(self)
        index = self.top + y
        if index >= self.rows:
            return self._inks.blank(self.size.width)
        start, stop = self._rows[index]
        line = _part(self._spans, start, stop)
        if self.has_focus and index == self._caret_row:
            at = self.draft.at - start
            after = _part(line, at + 1, stop)
            under = self.draft.text[self.draft.at : self.draft.at + 1] if self.draft.at < stop else " "
            line = [*_part(line, 0, at), (under, "caret"), *after]
        sign = " › " if not index else "   "
        spans = [(shown(text), role) for text, role in line]
        return self._inks.strip([(sign, "accent" if self.has_focus else "faint"), *spans], self.size.width)


def _part(line: Line, start: int, stop: int) -> Line:
    """The characters of ``line`` from one to another."""
    spans: Line = []
    for text, role in line:
        part = text[max(0, start) : max(0, stop)]
        if part:
            spans.append((part, role))
        start, stop = start - len(text), stop - len(text)
    return spans
