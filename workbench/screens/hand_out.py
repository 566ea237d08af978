"""What is shown, taken elsewhere: to the clipboard, an editor, a pager or a command; and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable

from textual.app import SuspendNotSupported

from workbench import external
from workbench.screens.lane_screen import LaneScreen
from workbench.view import words
from workbench.view.lane import Lane
from workbench.view.payload.raw import as_file
from workbench.view.payload.sheet import PRETTY, Sheet
from workbench.view.pretty.image import suffix
from workbench.view.pretty.picture import NoPicture
from workbench.view.text import shown


class HandOut:
    """Made by a screen, which it speaks through."""

    def __init__(self, screen: LaneScreen, lane: Lane) -> None:
        self._screen, self._lane = screen, lane

    def yank(self, sheet: Sheet | None, tab: str) -> None:
        """Copy the payload as ``tab`` shows it, whole; a large one takes a moment, so it is done on the lane."""
        if sheet is None:
            self._screen.say("there is nothing to copy")
            return
        as_text = tab == PRETTY and sheet.subject is not None
        name = f"{sheet.row.id}.{'txt' if as_text else 'json'}"

        def text() -> str:
            return sheet.whole_text() if as_text else sheet.entry.payload.decode("utf-8", "replace")

        self.copy("text" if as_text else "payload", text, name)

    def copy(self, what: str, text: Callable[[], str], name: str) -> None:
        """Copy what ``text``, called on the lane, gives."""

        def work() -> str:
            whole = text()
            size = words.size(len(whole.encode("utf-8", "replace")))
            return external.copied(f"{what}, {size},", external.masked(whole), self._screen.tell_terminal, name)

        self._lane.run(work, self._screen.say)

    def yank_id(self, sheet: Sheet | None) -> None:
        """Copy the event's id."""
        if sheet is not None:
            said = external.copied(
                shown(sheet.row.id), external.Masked(sheet.row.id, 0), self._screen.tell_terminal, "id.txt"
            )
            self._screen.say(said)

    def _editor(self) -> list[str]:
        return external.editor(os.environ, self._screen.app.settings.editor)  # type: ignore[attr-defined]  # ours

    def _pager(self) -> list[str]:
        return external.pager(os.environ, self._screen.app.settings.pager)  # type: ignore[attr-defined]  # ours

    def edit(self, sheet: Sheet | None) -> None:
        """Open the payload in an editor."""
        if sheet is not None:
            self._away(lambda: self._open(self._editor(), sheet, f"{sheet.row.id}.json"))

    def look(self, sheet: Sheet) -> None:
        """Take an image of the payload, the first, out of it, and have it shown by whatever shows such files here."""
        picture = next(iter(sheet.pictures.values()))

        def work() -> str:
            try:
                data = picture.bytes()
            except NoPicture as problem:
                return f"the image cannot be taken out: {problem}"
            said = external.viewed(f"{sheet.row.id}.{suffix(data)}", data, os.environ)
            return f"the image is {said}; in Raw, the same key opens the payload"

        self._lane.run(work, self._screen.say)

    def page(self, sheet: Sheet | None, tab: str) -> None:
        """Read what is shown in a pager, whole."""
        if sheet is None:
            return
        if tab == PRETTY and sheet.subject is not None:
            data = sheet.whole_text().encode("utf-8", "replace")
            self._away(lambda: external.open_file(self._pager(), f"{sheet.row.id}.txt", data))
        else:
            self._away(lambda: self._open(self._pager(), sheet, f"{sheet.row.id}.json"))

    def pipe(self, sheet: Sheet | None, command: str) -> None:
        """Give the payload, exactly as it is stored, to a command."""
        if sheet is not None and command.strip():
            self._away(lambda: external.pipe(command, sheet.entry.payload))

    def _open(self, command: list[str], sheet: Sheet, name: str) -> str:
        return external.open_file(command, name, as_file(sheet.entry.payload))

    def _away(self, work: Callable[[], str]) -> None:
        """Leave the terminal to somebody else until they are done."""
        try:
            with self._screen.app.suspend(), external.undisturbed():
                said = work()
        except SuspendNotSupported:
            said = "this terminal cannot be left to another program"
        self._screen.say(said)
