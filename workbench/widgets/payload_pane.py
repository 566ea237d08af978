"""The payload of one event: what it is, which tab shows it, and the text itself."""

from __future__ import annotations

from textual.app import ComposeResult

from workbench.view import words
from workbench.view.glyphs import glyph
from workbench.view.payload import counterparts
from workbench.view.payload.fold import Folds
from workbench.view.payload.sheet import PRETTY, RAW, Sheet
from workbench.view.text import Line, line_width, shown
from workbench.widgets.bar import Bar
from workbench.widgets.covered import Framed
from workbench.widgets.text_pane import TextPane

PAIR = "Pair"


class PayloadPane(Framed):
    """Two lines that say what is shown, then the lines of the tab that was chosen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tab = PRETTY
        """The one that was chosen; what is shown may be another, where there is no Pretty."""
        self.shown_tab = PRETTY
        self.sheet: Sheet | None = None
        self._needle = ""
        self._level: int | None = None
        """How deep the raw payload is folded, from one event to the next."""
        self._folds: tuple[Sheet, Folds] | None = None

    def compose(self) -> ComposeResult:
        """Heading and text."""
        yield Bar(id="what")
        yield Bar(id="which")
        yield TextPane(id="raw")

    def on_resize(self) -> None:
        """The heading says as much as there is room for."""
        if self.sheet is not None:
            self._describe(self.sheet)

    def show(self, sheet: Sheet, needle: str = "", *, stay: bool = True) -> None:
        """Show an event; the same one once more may ``stay`` where it was scrolled to."""
        same = stay and self.sheet is not None and (self.sheet.seq, self._needle) == (sheet.seq, needle)
        self.sheet, self._needle = sheet, needle
        before, self.shown_tab = self.shown_tab, sheet.tab_for(self.tab, needle)
        lines = sheet.lines(self.shown_tab)
        is_raw = self.shown_tab == RAW
        self.query_one(TextPane).show_lines(
            lines, needle, escaped=is_raw, stay=same and before == self.shown_tab,
            folds=self._folds_of(sheet) if is_raw else None, rest_at=_rest_at(sheet) if is_raw else None,
        )  # fmt: skip
        self._describe(sheet)

    def _folds_of(self, sheet: Sheet) -> Folds:
        """Those that somebody has made in it, or as deep as elsewhere."""
        if self._folds is None or self._folds[0] is not sheet:
            self._folds = sheet, Folds(sheet.raw.outline, self._level)
        return self._folds[1]

    def fold_all(self, step: int) -> str:
        """Fold the raw payload a level more, or with -1 one less; why not, if not."""
        why_not = self.query_one(TextPane).fold_all(step)
        if not why_not and self._folds is not None:
            self._level = self._folds[1].level
        return why_not

    def read_on(self, sheet: Sheet, lines: list[Line]) -> None:
        """The next part of a raw payload is here."""
        sheet.take(lines)
        if sheet is self.sheet and self.shown_tab == RAW:
            self._folds_of(sheet).grown()
            self.query_one(TextPane).grown(sheet.lines(RAW), _rest_at(sheet))

    def toggle_raw(self) -> str:
        """The other tab; why not, where there is none."""
        if self.sheet is None:
            return "there is no payload"
        if self.sheet.subject is None:
            return "there is only the raw payload: it is too large to be laid out, or no JSON object"
        self.tab = PRETTY if self.shown_tab == RAW else RAW
        sheet, self.sheet = self.sheet, None
        self.show(sheet, self._needle if sheet.has(self.tab, self._needle) else "")
        return ""

    def _describe(self, sheet: Sheet) -> None:
        row = sheet.row
        kind: Line = [(shown(row.type), glyph(row)[1])]
        seq, size = f"seq {words.number(row.seq)}", words.size(len(sheet.entry.payload))
        place: Line = [(seq, "muted")]
        if line_width(kind) + len(size) + len(seq) + 6 <= self.size.width:
            place = [(f"{size}   ", "faint"), *place]
        self.query_one("#what", Bar).show(kind, place)
        self.query_one("#which", Bar).show([(shown(row.id), "faint")], self._tabs(sheet))

    def _tabs(self, sheet: Sheet) -> Line:
        """``Pretty  Raw  Pair``: the one that is shown stands out, and what there is not is left out."""
        names = [RAW] if sheet.subject is None else [PRETTY, RAW]
        tabs: Line = []
        for name in names:
            tabs += [(name, "accent" if name == self.shown_tab else "faint"), ("  ", "")]
        if counterparts.has_counterpart(sheet.row):
            tabs.append((PAIR, "faint"))
        else:
            tabs.pop()
        return tabs


def _rest_at(sheet: Sheet) -> int | None:
    """The line that stands for what of the raw payload was not read yet."""
    return sheet.raw.outline.count if sheet.raw.has_more else None
