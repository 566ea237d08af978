"""Lines with a cursor. The cursor is put on a finished line, so moving it draws two lines and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message
from textual.strip import Strip

from workbench.view.text import Line, line_text
from workbench.widgets.line_pane import LinePane

CURSOR, HIT, NOTHING = "▌", "•", " "


class LineList(LinePane):
    """As many lines as ``count``; the first cell of each belongs to the cursor."""

    class Chosen(Message):
        """Somebody wants what the cursor is on."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.count = 0
        self.cursor = 0
        self.empty: Line = []
        """What stands there while there are no lines."""
        self.moved: Callable[[bool], None] = lambda by_hand: None
        """Told that the cursor is on another line; at once, so that what comes of it is in the same frame."""
        self.looked_up: Callable[[], None] = lambda: None
        """Told that somebody looks further up; likewise."""

    @property
    def line_cells(self) -> int:
        """Cells a line has between the cursor's and the right edge's."""
        return max(1, self.cells - 2)

    # ── what subclasses say ──────────────────────────────────────────────────────────────────────────────────────────

    def line(self, index: int) -> Line | None:
        """Line ``index``; None while it is not here yet."""
        raise NotImplementedError

    def key(self, index: int) -> object:
        """What a finished line is kept by."""
        return index

    def is_hit(self, index: int) -> bool:
        """Whether the line is among what was searched for."""
        return False

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of those in sight."""
        index = self.scroll_offset.y + y
        if not self.count and y == 1:
            return self.inks().strip([("   ", ""), *self.empty], self.size.width)
        if index >= self.count or not self.laid_out:
            return self.inks().blank(self.size.width)
        if index == self.cursor:
            return self._under_cursor(index)
        return self._plain(index)

    def _plain(self, index: int) -> Strip:
        """A line that the cursor is not on, from the cache if it was drawn lately."""
        mark = HIT if self.is_hit(index) else NOTHING
        key = (self.key(index), mark)
        strip = self.kept(key)
        if strip is None:
            line = self.line(index)
            if line is None:
                return self.inks().strip([(" ·", "faint")], self.size.width)
            strip = self.keep(key, self.inks().strip([(mark, "accent"), *line], self.size.width))
        return strip

    def _under_cursor(self, index: int) -> Strip:
        """The one line that the cursor is on: never from the cache, nor kept in it."""
        line = self.line(index) or [("·", "faint")]
        role = "accent" if self.has_focus else "faint"
        if self.app.native_ansi_color:  # reversed, each of the terminal's own colours would become a background
            line, role = [(line_text(line), "")], ""
        return self.inks("cursor").strip([(CURSOR, role), *line], self.size.width)

    # ── the cursor ───────────────────────────────────────────────────────────────────────────────────────────────────

    def resize_to(self, count: int, cursor: int | None = None) -> None:
        """There are ``count`` lines now. The cursor goes where it is told, or stays, and so does what is in sight."""
        self.count = count
        self.set_extent(count)
        if cursor is not None or self.cursor >= count:
            self.put_cursor(self.cursor if cursor is None else cursor, by_hand=False)
        self.refresh()

    def put_cursor(self, index: int, *, by_hand: bool = True) -> None:
        """Put the cursor on a line, and that line in sight."""
        before, self.cursor = self.cursor, max(0, min(index, self.count - 1))
        if self.cursor != before:
            self.refresh_line(before)
            self.refresh_line(self.cursor)
        self.show_cursor()
        if self.cursor != before:
            self.moved(by_hand)

    def show_cursor(self) -> None:
        """Scroll no further than it takes to have the cursor in sight; from far away, with lines before it."""
        top, height = self.scroll_offset.y, self.height
        if not self.laid_out:
            return  # `width_changed` comes back here
        if top <= self.cursor < top + height:
            return
        far = not top - height <= self.cursor < top + 2 * height
        if far and 0 < self.cursor < self.count - 1:
            top = self.cursor - height // 3
        else:
            top = self.cursor if self.cursor < top else self.cursor - height + 1
        self.show_from(max(0, min(top, self.count - height)))

    def move(self, lines: int) -> None:
        """See `LinePane`."""
        self.put_cursor(self.cursor + lines)

    def move_to_end(self, *, last: bool) -> None:
        """See `LinePane`."""
        self.put_cursor(self.count - 1 if last else 0)

    def width_changed(self) -> None:
        """See `LinePane`."""
        self.redraw()
        self.show_cursor()

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves what is in sight, not the cursor."""
        self.looked_up()

    def on_click(self, event: events.Click) -> None:
        """The line under the mouse; a second click chooses it."""
        index = self.scroll_offset.y + event.y
        if index < self.count:
            self.put_cursor(index)
            if event.chain > 1:
                self.post_message(self.Chosen())
