"""Asking the log in SQL: a query, what it found, and beside them what there is to ask.

    ┌ where                                                          running …, or rows and time ┐
    │ views, columns     │ › select … the query                                                  │
    │ saved queries      │ what could come next, or what is wrong                                │
    │ some to start from │ names of columns                                                      │
    │ history            │ what was found, a line a row                                          │
    └ row and column, or what was just said                                     what can be done ┘

In narrow terminals what there is to ask takes the place of the rest while somebody looks for it.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from runtime.store import Store
from workbench import keys
from workbench.screens.lane_screen import LaneScreen
from workbench.screens.sql.choosing import Choosing
from workbench.screens.sql.taking import Taking
from workbench.view.sql.answer import Trouble
from workbench.view.sql.asking import Asking
from workbench.view.sql.desk import Desk
from workbench.view.sql.draft import is_blank
from workbench.view.sql.grid import Grid
from workbench.view.sql.vocabulary import Words, offered
from workbench.view.text import Line, line_width, shown
from workbench.widgets.bar import Bar
from workbench.widgets.covered import Covered, Framed
from workbench.widgets.editor import Editor
from workbench.widgets.grid import GridPane
from workbench.widgets.library_list import LibraryList
from workbench.widgets.prompt import Prompt

TICK_SECONDS = 0.1
NARROW_BELOW_CELLS = 100
EDITOR_LINES = 3, 12
"""The fewest and the most lines that the query has; never more than a third of the screen."""


def go_to_sql(app: App[None], store: Store, desk: Desk | None) -> Desk:
    """Show the SQL screen of ``desk``, or of a new one; from a session that is open, with a query about it."""
    from workbench.screens.session import SessionScreen

    desk = desk or Desk()
    before = [screen for screen in app.screen_stack if isinstance(screen, SqlScreen)]
    if before:
        while app.screen is not before[-1]:
            app.pop_screen()
        before[-1].edit()
        return desk
    if isinstance(app.screen, SessionScreen):
        desk.turn_to(app.screen.source.session_id)
    app.push_screen(SqlScreen(store, desk))
    return desk


class SqlScreen(LaneScreen):
    """One query at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("sql"), *keys.bindings("results")]

    def __init__(self, store: Store, desk: Desk) -> None:
        super().__init__()
        self.store, self.desk = store, desk
        self.asking = Asking(store)
        self._trouble: Trouble | None = None
        self._said: Line = []
        self._eager = False
        """Nothing was done since the query was run: what comes of it may have the focus."""
        self._ticks: Timer | None = None

    def compose(self) -> ComposeResult:
        """The parts; `on_resize` says how they stand to each other."""
        yield Bar(id="location", classes="bar")
        with Covered(id="sql"):
            with Framed(id="library"):
                yield LibraryList(id="items")
            with Covered(id="asked"):
                yield Editor(self.desk.draft, id="editor")
                yield Bar(id="hint", margin=0)
                yield Bar(id="heading", margin=0)
                yield GridPane(id="answer")
        yield Prompt(id="status", classes="bar")

    def on_mount(self) -> None:
        """Lay out what lies on the desk, and find out what can be asked."""
        self.asking.start(self.lane("sql"), self._answered)
        self.editor, self.answer = self.query_one(Editor), self.query_one(GridPane)
        self.library = self.query_one(LibraryList)
        self.prompt = self.query_one(Prompt).giving_back_to(self.editor)
        self.choosing = Choosing(self, self.desk, self.library, self._taken)
        self.taking = Taking(self, self.desk, self.asking, self.answer)
        self.editor.changed, self.editor.run = self._edited, self._run
        self.editor.edge, self.editor.complete = self._beyond, self._complete
        self.answer.moved, self.answer.slid = self._moved, self.describe
        self.library.moved = self._moved
        self.answer.show_grid(self.desk.grid, self.desk.row)
        self.choosing.show()
        self.describe()
        self.editor.focus()
        if not self.desk.words.relations:
            self.asking.learn(self._learned)
        if self.desk.queries.problem:
            self.say(shown(self.desk.queries.problem), "error")

    def let_go(self) -> None:
        """See `LaneScreen`."""
        self.desk.row = self.answer.cursor
        self.asking.close()
        super().let_go()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side, or one at a time."""
        self.set_class(event.size.width < NARROW_BELOW_CELLS, "-narrow")
        self._edited()

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self) -> None:
        """The lines around the panes."""
        if not self.is_mounted or self.retired:
            return
        left: Line = [("sql", "strong"), (f"   {shown(str(self.store.root))}", "faint")]
        self.query_one("#location", Bar).show(left, self._state())
        self.query_one("#hint", Bar).show(self._hint())
        grid, cells = self.desk.grid, self.answer.line_cells
        self.query_one("#heading", Bar).show([] if grid is None else grid.heading(cells))
        position = [] if grid is None else grid.position(self.answer.cursor, cells)
        said = self._said or (self._hint() if self.has_class("-browsing") else position)
        footer = keys.footer(max(0, self.size.width - 4 - line_width(said)), *self._places())
        self.query_one("#status", Bar).show(said, [(footer, "faint")])

    def _places(self) -> tuple[str, ...]:
        """The parts of the app whose keys work now."""
        return ("editor", "sql") if self.editor.has_focus else ("move", "results", "sql", "app")

    def _state(self) -> Line:
        """What the query does, or what the last one did."""
        if self.asking.running:
            return self.asking.told()
        return [] if self.desk.grid is None else self.desk.grid.answer.told()

    def _hint(self) -> Line:
        """What is wrong, what the library has under the cursor, or what could come next."""
        if self._trouble is not None:
            return [(self._trouble.says, "muted" if self._trouble.stopped else "error")]
        if (item := self.choosing.chosen) is not None:
            return [(shown(" ".join((item.says or item.text).split())), "faint")]
        if self.editor.has_focus and (found := self.desk.offered())[0].words:
            return offered(*found, self.query_one("#hint", Bar).size.width - 2)
        if self.desk.grid is not None and self.desk.grid.answer.problems:
            return [(shown(self.desk.grid.answer.problems[0]), "error")]
        return []

    def say(self, words: str, role: str = "text") -> None:
        """See `LaneScreen`."""
        self._said = [(words, role)] if words else []
        self.describe()

    def on_descendant_focus(self) -> None:
        """Somebody is elsewhere: other keys work there."""
        self._eager = False
        self.describe()

    def _moved(self, by_hand: bool) -> None:
        """The cursor of a list is elsewhere."""
        if by_hand:
            self._said = []
        self.describe()

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _edited(self) -> None:
        """The query is another, or the caret is elsewhere."""
        self._eager, self._said = False, []
        if self._trouble is not None and self._trouble.sql != self.desk.draft.text:
            self._trouble = None
        least, most = EDITOR_LINES
        lines = min(max(least, self.editor.rows), most, max(least, self.size.height // 3))
        if self.editor.styles.height is None or self.editor.styles.height.value != lines:
            self.editor.styles.height = lines
        self.describe()

    def _run(self) -> None:
        """Run the query."""
        text = self.desk.draft.text
        if self.asking.running:
            self.say("the query before still runs: esc stops it")
            return
        if is_blank(text):
            return
        self._trouble, self._said, self._eager = None, [], True
        self.choosing.ran(text)
        self.asking.run(text)
        self._ticks = self.set_interval(TICK_SECONDS, self.describe)
        self.describe()

    def _answered(self, found: Grid | Trouble) -> None:
        """The query is done."""
        eager, self._eager = self._eager, False
        if self._ticks is not None:
            self._ticks.stop()
        if isinstance(found, Trouble):
            if eager and found.at is not None:
                self.desk.draft.at = found.at
                self.editor.show_caret()
            self._trouble = found
            self.show_answer(None)  # rows of the query before would pass for rows of this one
        else:
            self._trouble = None
            self.show_answer(found)
            if eager and found.answer.rows and self.editor.has_focus:
                self.answer.focus()
        self.describe()

    def show_answer(self, grid: Grid | None) -> None:
        """Show what a query found; or nothing, as what is in sight was found by another."""
        self.desk.grid = grid
        self.answer.show_grid(grid)

    def failed(self, error: Exception) -> None:
        """See `LaneScreen`."""
        self.asking.since = 0.0
        if self._ticks is not None:
            self._ticks.stop()
        super().failed(error)

    def action_interrupt(self) -> None:
        """Stop the query that runs."""
        if self.asking.running:
            self.asking.interrupt()
            self.describe()
        else:
            self.say("no query runs; ctrl+q quits")

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _taken(self) -> None:
        """Another query was taken: what is in sight is no answer to it."""
        self.show_answer(None)
        self.edit()

    def edit(self) -> None:
        """To the query."""
        self.remove_class("-browsing")
        self.editor.focus()

    def _beyond(self, step: int) -> None:
        """Beyond the first line is the query before, beyond the last the one after."""
        if self.desk.older() if step < 0 else self.desk.newer():
            self.editor.show_caret()
        else:
            self.say("there is no older query" if step < 0 else "this is the latest query")

    def _complete(self) -> None:
        """Take what is offered; where nothing is, on to the next pane."""
        if self.desk.complete():
            self.editor.show_caret()
        else:
            self.action_pane()

    def action_save(self) -> None:
        """Ask for a name."""
        if is_blank(self.desk.draft.text):
            self.say("there is no query to save")
        else:
            self.query_one(Prompt).ask("save", "save as ", "a name for this query", self.desk.name)

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """Save the query."""
        self.choosing.save(" ".join(message.text.split()))

    # ── what there is to ask ─────────────────────────────────────────────────────────────────────────────────────────

    def _learned(self, words: Words) -> None:
        self.choosing.learned(words)
        self.describe()

    def action_library(self) -> None:
        """To what there is to ask, and back."""
        if self.library.has_focus:
            self.edit()
        else:
            self.add_class("-browsing")
            self.library.focus()

    def action_delete(self) -> None:
        """Delete the saved query under the cursor."""
        self.choosing.delete()

    # ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_open()

    def action_open(self) -> None:
        """Open what the row tells of; or take what the library has under the cursor."""
        if self.choosing.chosen is not None:
            self.choosing.choose(self.choosing.chosen)
            self.editor.show_caret()
        elif not self.library.has_focus:
            self.taking.open()

    def action_yank(self) -> None:
        """Copy the cell."""
        self.taking.copy_cell()

    def action_yank_row(self) -> None:
        """Copy the row."""
        self.taking.copy_row()

    # ── panes ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_pane(self) -> None:
        """To the next pane that is in sight."""
        panes: list[Widget] = [self.editor, self.answer, self.library]
        if self.has_class("-narrow"):
            del panes[2 if not self.library.has_focus else 1]
        index = next((index for index, pane in enumerate(panes) if pane.has_focus), -1)
        self.remove_class("-browsing")
        panes[(index + 1) % len(panes)].focus()

    def action_back(self) -> None:
        """Stop the query, else leave the pane for the results, else go back to where one was."""
        if self.asking.running:
            self.action_interrupt()
        elif self.library.has_focus and self.has_class("-narrow"):
            self.edit()
        elif self.editor.has_focus and self.desk.grid is not None and self.desk.grid.answer.rows:
            self.answer.focus()
        else:
            self.app.go_back(self)  # type: ignore[attr-defined]  # the app is ours
