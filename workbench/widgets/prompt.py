"""The line at the bottom, which can also be typed into: what to look for, or where to go.

It is one widget that says something or asks something, so that neither to ask nor to answer moves anything else. What
was answered before can be had again with the keys up and down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.widget import Widget

from workbench.view.text import Line, shown, width
from workbench.widgets.bar import Bar

if TYPE_CHECKING:
    from workbench.kept.remembered import Remembered

LONGEST = 1_000


class Prompt(Bar, can_focus=True):
    """A bar; while it asks, it has the focus and takes every key but those that leave the app."""

    class Changed(Message):
        """Something else stands in the prompt."""

        def __init__(self, about: str, text: str) -> None:
            super().__init__()
            self.about, self.text = about, text

    class Answered(Changed):
        """Enter was pressed."""

    class GivenUp(Message):
        """Escape was pressed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.about = ""
        """What is asked; empty while nothing is."""
        self._back_to: Widget | None = None
        self._sign, self._words = "", ""
        self._before, self._after = "", ""
        self._fresh = False
        """Nothing was typed yet: what stands there goes with the first character."""
        self._history = ""
        self._past: list[str] = []
        """What was answered before, and last what stands there or was typed instead; `_turn` is where one is in it."""
        self._turn = 0

    def giving_back_to(self, widget: Widget) -> Prompt:
        """The prompt, which gives the focus to ``widget`` as soon as it is done, so that no key in between is lost."""
        self._back_to = widget
        return self

    def ask(self, about: str, sign: str, words: str, text: str = "", history: str = "") -> None:
        """Wait for an answer; ``text`` stands there to begin with.

        Answers are remembered under the name of a ``history``, if there is one (`workbench.kept.remembered`).
        """
        self.about, self._sign, self._words, self._history = about, sign, words, history
        self._before, self._after, self._fresh = text, "", bool(text)
        past = self._remembered.history(history) if history else []
        self._past = [*(line for line in past if line != text), text]
        self._turn = len(self._past) - 1
        self.screen.set_focus(self)
        self._redraw()

    @property
    def text(self) -> str:
        """What stands there."""
        return self._before + self._after

    def allow_focus(self) -> bool:
        """Only while something is asked."""
        return bool(self.about)

    # ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """A key; also one that came before the prompt had the focus, though after it was asked for."""
        if not self.about or event.key in ("ctrl+q", "ctrl+c"):
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            if self._history:
                self._remembered.typed(self._history, self.text)
            self._end(self.Answered(self.about, self.text))
        elif event.key == "escape":
            self._end(self.GivenUp())
        elif event.key in ("up", "down"):
            self._leaf(-1 if event.key == "up" else 1)
        elif event.is_printable and event.character:
            self._type(event.character)
        else:
            self._edit(event.key)

    def on_paste(self, event: events.Paste) -> None:
        """Text, the first line of it."""
        if self.about:
            event.stop()
            self._type(event.text.strip().partition("\n")[0])

    def on_blur(self) -> None:
        """Somebody clicked elsewhere."""
        if self.about:
            self._end(self.GivenUp())

    def _type(self, text: str) -> None:
        kept = "".join(c for c in text if c.isprintable())
        if not kept:
            return
        if self._fresh:
            self._before = self._after = ""
        self._before = (self._before + kept)[: LONGEST - len(self._after)]
        self._changed()

    def _edit(self, key: str) -> None:
        before, after = self._before, self._after
        if key in ("backspace", "ctrl+h"):
            before = "" if self._fresh else before[:-1]
        elif key in ("delete", "ctrl+d"):
            after = after[1:]
        elif key == "ctrl+w":
            before = before.rstrip().rpartition(" ")[0]
        elif key == "ctrl+u":
            before = ""
        elif key == "left":
            before, after = before[:-1], before[-1:] + after
        elif key == "right":
            before, after = before + after[:1], after[1:]
        elif key in ("home", "ctrl+a"):
            before, after = "", before + after
        elif key in ("end", "ctrl+e"):
            before, after = before + after, ""
        else:
            return
        self._before, self._after = before, after
        self._changed()

    def _leaf(self, step: int) -> None:
        """To the answer before, or after; behind the newest is what was typed."""
        turn = self._turn + step
        if 0 <= turn < len(self._past):
            if self._turn == len(self._past) - 1:
                self._past[-1] = self.text
            self._turn = turn
            self._before, self._after = self._past[turn], ""
            self._changed()

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined, no-any-return]  # the app is ours

    def _changed(self) -> None:
        self._fresh = False
        self._redraw()
        self.post_message(self.Changed(self.about, self.text))

    def _end(self, message: Message) -> None:
        self.about = ""
        if self.has_focus:
            self.screen.set_focus(self._back_to)
        self._redraw()
        self.post_message(message)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _redraw(self) -> None:
        self._finished = None
        self.refresh()

    def line(self, cells: int) -> Line:
        """See `Bar`; or what is asked, with as much of the answer as fits."""
        if not self.about:
            return super().line(cells)
        before, under, after = shown(self._before), shown(self._after[:1]) or " ", shown(self._after[1:])
        while width(before) > max(1, cells - 8):
            before = before[1:]
        hint = "" if before or self._after else self._words
        role = "muted" if self._fresh else "text"
        return [(f" {self._sign}", "accent"), (before, role), (under, "caret"), (after, role), (hint, "faint")]
