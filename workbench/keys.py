"""The one table of keys. Bindings, the footer, the help under ``?`` and the README are made from it.

Plain letters and ctrl with a letter only: a terminal can send them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textual.binding import Binding


class Key(NamedTuple):
    """One thing that keys do."""

    id: str
    """Stable name, ``where.what``: what a keymap in somebody's settings refers to."""
    keys: tuple[str, ...]
    """As Textual names them; any of them does it."""
    action: str
    words: str
    """What help says."""
    footer: str = ""
    """What the footer says, keys included; nothing where it stays silent."""

    @property
    def where(self) -> str:
        """The part of the app in which the key does this."""
        return self.id.partition(".")[0]


KEYS: tuple[Key, ...] = (
    Key("move.down", ("j", "down"), "down", "one line down", "j k move"),
    Key("move.up", ("k", "up"), "up", "one line up"),
    Key("move.half_down", ("ctrl+d",), "half_down", "half a page down"),
    Key("move.half_up", ("ctrl+u",), "half_up", "half a page up"),
    Key("move.page_down", ("pagedown",), "page_down", "a page down"),
    Key("move.page_up", ("pageup",), "page_up", "a page up"),
    Key("move.top", ("g", "home"), "top", "to the first line"),
    Key("move.bottom", ("G", "end"), "bottom", "to the last line; of a live session: follow it"),
    Key("move.right", ("l", "right"), "right", "half a page to the right"),
    Key("move.left", ("h", "left"), "left", "half a page to the left"),
    Key("session.next_error", ("e",), "next_error", "to the next error", "e E error"),
    Key("session.previous_error", ("E",), "previous_error", "to the error before"),
    Key("session.next_turn", ("]",), "next_turn", "to the next turn", "] [ turn"),
    Key("session.previous_turn", ("[",), "previous_turn", "to the beginning of this turn, then the one before"),
    Key("session.next_of_thread", (")",), "next_of_thread", "to the next event of this thread"),
    Key("session.previous_of_thread", ("(",), "previous_of_thread", "to the one before"),
    Key("session.next_stall", ("s",), "next_stall", "to the next event that was waited for a minute or more"),
    Key("session.previous_stall", ("S",), "previous_stall", "to the one before"),
    Key("session.zoom_in", ("+",), "zoom_in", "the timeline: closer around the cursor"),
    Key("session.zoom_out", ("-",), "zoom_out", "the timeline: further away"),
    Key("session.zoom_fit", ("0",), "zoom_fit", "the timeline: the whole session"),
    Key("session.timeline", ("M",), "next_strand", "the timeline: all, this thread, this tool, errors, requests, cost"),
    Key("session.scale", ("T",), "scale", "the timeline: by event, or by clock without the idle times"),
    Key("session.play", ("space",), "play", "play the session back as it happened, or stand still"),
    Key("session.one_on", (".",), "one_on", "one event on"),
    Key("session.one_back", ("comma",), "one_back", "one event back"),
    Key("session.faster", (">",), "faster", "play faster"),
    Key("session.slower", ("<",), "slower", "play slower"),
    Key("session.times", ("t",), "next_times", "times: since the beginning, of the clock, since the line before"),
    Key("session.search", ("/",), "search", "find text in this session's payloads", "/ search"),
    Key("session.next_hit", ("n",), "next_hit", "to the next place found"),
    Key("session.previous_hit", ("N",), "previous_hit", "to the place found before"),
    Key("session.filter", ("&",), "filter", "show only events such as: type:tool_use is:error took>30s", "& filter"),
    Key("session.only_this", ("*",), "only_this", "show only events like this one: of its tool, or of its type"),
    Key("session.facets", ("F",), "facets", "count types, tools, threads, models, to show only one of them"),
    Key("session.follow", ("f",), "toggle_follow", "follow a live session, or hold it still", "f follow"),
    Key("session.pane", ("tab",), "other_pane", "to the other pane", "tab pane"),
    Key("session.zoom_pane", ("z",), "zoom_pane", "this pane alone, in all the room there is; then both again"),
    Key("session.enter", ("enter",), "enter_pane", "to the other pane; in a raw payload: fold there, or unfold"),
    Key("session.fold_more", ("H",), "fold_more", "the raw payload: fold one level more"),
    Key("session.fold_less", ("L",), "fold_less", "the raw payload: fold one level less"),
    Key("session.wrap", ("w",), "wrap", "wrap the payload's long lines, or not"),
    Key("session.raw", ("r",), "raw", "the payload exactly as it is stored, and back", "r raw"),
    Key("session.pair", ("o",), "pair", "to the matching event: from a call to its result; there, back", "o pair"),
    Key("session.grouping", ("b",), "next_grouping", "events under their model requests; only these; all as they came"),
    Key("session.mark", ("m",), "toggle_mark", "mark this event, or take its mark away", "m mark"),
    Key("session.next_mark", ("u",), "next_mark", "to the next marked event"),
    Key("session.previous_mark", ("U",), "previous_mark", "to the one before"),
    Key("session.diff", ("d",), "diff", "compare the payload marked last with this one"),
    Key("session.first_divergence", ("D",), "first_divergence", "where what follows two marks first differs"),
    Key("session.yank", ("y",), "yank", "copy the payload as it is shown, secrets masked", "y copy"),
    Key("session.yank_id", ("Y",), "yank_id", "copy the event's id"),
    Key("session.edit", ("v",), "edit", "open the payload in $EDITOR"),
    Key("session.page", ("P",), "page", "read the payload in $PAGER"),
    Key("session.pipe", ("|",), "pipe", "give the payload to a command"),
    Key("session.hand_over", ("X",), "hand_over", "write this session to a file that opens here: masked, or as it is"),
    Key("session.back", ("q", "escape"), "back", "end what is under way, then back to the sessions"),
    Key("sessions.open", ("enter",), "open", "open the session", "enter open"),
    Key("sessions.filter", ("/",), "filter", "show only sessions such as: model:opus errors>3 words", "/ filter"),
    Key("sessions.sort", ("s",), "sort", "in the order of the next column", "s S sort"),
    Key("sessions.reverse", ("S",), "reverse", "the other way round"),
    Key("sessions.select", ("space",), "select", "select the session, or no longer", "space select"),
    Key("sessions.select_all", ("a",), "select_all", "select all that are shown; none, if all are"),
    Key("sessions.facets", ("F",), "facets", "count sources, models, findings …, to show one of them", "F facets"),
    Key("sessions.only_this", ("*",), "only_this", "show only sessions like this one: of its source, or as sorted by"),
    Key("sessions.hand_over", ("X",), "hand_over", "write what is selected to files: masked, or as it is", "X share"),
    Key("sessions.yank", ("y",), "yank", "copy the ids of the selected ones, or of this"),
    Key("sessions.fold", ("z",), "fold", "fold the forks of this session away, or show them again"),
    Key("sessions.bring_in", ("i",), "bring_in", "import or follow the transcripts that tools keep on this machine"),
    Key("sessions.reload", ("ctrl+r",), "reload", "look again which sessions there are"),
    Key("sessions.clear", ("escape",), "clear", "stop writing; show all sessions again; select none"),
    Key("sessions.quit", ("q",), "quit", "quit"),
    Key("facets.choose", ("enter",), "choose", "show only these", "enter show only these"),
    Key("facets.back", ("escape", "q", "F"), "back", "back", "esc back"),
    Key("search.open", ("enter",), "open", "open the session at this event, and go on searching there", "enter open"),
    Key("search.ask", ("/",), "ask", "look for something else in all sessions", "/ search"),
    Key("search.next_session", ("]",), "next_session", "to the next session with something in it", "] [ session"),
    Key("search.previous_session", ("[",), "previous_session", "to this session's heading, then the one before"),
    Key("search.sort", ("s",), "sort", "the newest sessions first; those with most events first; as they were found"),
    Key("search.stop", ("escape",), "stop", "stop looking; then back", "esc stop"),
    Key("search.back", ("q",), "back", "stop looking, and back"),
    Key("palette.run", ("enter",), "run", "do what is under the cursor", "enter do it"),
    Key("palette.down", ("down", "ctrl+n"), "down", "to the next command"),
    Key("palette.up", ("up", "ctrl+p"), "up", "to the one before"),
    Key("palette.page_down", ("pagedown",), "page_down", "a page down"),
    Key("palette.page_up", ("pageup",), "page_up", "a page up"),
    Key("palette.back", ("escape",), "back", "back"),
    Key("editor.run", ("enter",), "run", "run the query if it ends with ; or an empty line", "; enter run"),
    Key("editor.newline", ("ctrl+j",), "newline", "a new line, whatever stands there"),
    Key("editor.complete", ("tab",), "complete", "complete the word; then otherwise; to the results", "tab complete"),
    Key("editor.older", ("up",), "older", "a line up; from the first: the query before in history", "↑ ↓ history"),
    Key("editor.newer", ("down",), "newer", "a line down; from the last: the query after"),
    Key("editor.undo", ("ctrl+z",), "undo", "undo what was typed last"),
    Key("results.open", ("enter",), "open", "open the row's event or session; take what the list has", "enter open"),
    Key("results.yank", ("y",), "yank", "copy the cell, secrets masked", "y Y copy"),
    Key("results.yank_row", ("Y",), "yank_row", "copy the row as JSON, secrets masked"),
    Key("results.pane", ("tab",), "pane", "to the next pane: query, results, list", "tab pane"),
    Key("results.delete", ("D",), "delete", "delete the saved query under the cursor"),
    Key("sql.library", ("ctrl+o",), "library", "to the views, saved queries and history; then back", "ctrl+o views"),
    Key("sql.save", ("ctrl+s",), "save", "save the query under a name", "ctrl+s save"),
    Key("sql.interrupt", ("ctrl+c",), "interrupt", "stop the query that runs"),
    Key("sql.back", ("q", "escape"), "back", "stop the query; from it to the results; back", "esc back"),
    Key("welcome.begin", ("enter",), "begin", "import the transcripts that are chosen", "enter imports"),
    Key("welcome.watch", ("w",), "watch", "import them, and follow them as they grow", "w imports and watches"),
    Key("welcome.turn", ("space",), "turn", "choose what is under the cursor, or no longer", "space chooses"),
    Key("welcome.turn_all", ("a",), "turn_all", "choose all, or none if all are chosen"),
    Key("welcome.later", ("escape", "q"), "later", "not now", "esc not now"),
    Key("compare.next", ("n",), "next_difference", "to the next difference", "n N difference"),
    Key("compare.previous", ("N",), "previous_difference", "to the one before"),
    Key("compare.raw", ("r",), "raw", "as text, or as JSON with its keys in order", "r raw"),
    Key("compare.yank", ("y",), "yank", "copy all differences, secrets masked", "y copy"),
    Key("compare.back", ("q", "escape", "d"), "back", "back to the session", "q back"),
    Key("app.sql", (";", "5"), "sql", "ask in SQL; from a session: about that one", "; sql"),
    Key("app.palette", (":", "ctrl+p"), "palette", "all that can be done, by name; :812 to event 812", ": commands"),
    Key("app.sessions", ("1",), "sessions", "to the list of sessions, from anywhere"),
    Key("app.session", ("2",), "session", "to the session that was opened last"),
    Key("app.search_all", ("ctrl+f",), "search_sessions", "find text in all sessions"),
    Key("app.help", ("?",), "help", "these keys", "? keys"),
    Key("app.quit", ("ctrl+q",), "quit", "quit from anywhere"),
)

PLACES = {
    "move": "Move", "session": "In a session", "sessions": "In the list of sessions", "facets": "In facets",
    "search": "In what was found in all sessions", "palette": "In the palette",
    "editor": "In an SQL query", "results": "In what it found", "sql": "In SQL", "welcome": "In an empty store",
    "compare": "Comparing two events", "app": "Everywhere",
}  # fmt: skip
"""Parts of the app, in the order in which help shows them."""

SHOWN = {
    "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home",
    "end": "End", "escape": "esc", "comma": ",",
}  # fmt: skip


def at(where: str) -> list[Key]:
    """The keys of one part of the app."""
    return [key for key in KEYS if key.where == where]


def bindings(where: str) -> list[Binding]:
    """The same as Textual wants them. What a session's screen does is done by its parts: ``do('next_error')``."""
    from textual.binding import Binding

    by_parts = where == "session"
    return [
        Binding(",".join(key.keys), f"do({key.action!r})" if by_parts else key.action, key.words, show=False, id=key.id)
        for key in at(where)
    ]


def shown(key: Key) -> str:
    """``j ↓``: the keys as they are written on a keyboard."""
    return " ".join(map(shown_name, key.keys))


def shown_name(name: str) -> str:
    """``↓``: one key as it is written on a keyboard."""
    return SHOWN.get(name, name)


def footer(cells: int, *wheres: str) -> str:
    """What can be done here, in at most ``cells`` cells; hints at the end, which lead to all others, go last."""
    table, hints = _HINTS.get(wheres, ((), []))
    if table is not KEYS:
        hints = [key.footer for where in wheres for key in at(where) if key.footer]
        _HINTS[wheres] = KEYS, hints
    last = 2 if wheres[-1] == "app" else 1
    most, room = len(hints), sum(len(hint) + len(_BETWEEN) for hint in hints) - len(_BETWEEN)
    while most > 1 and room > cells:
        most -= 1
        room -= len(hints[max(0, most - last)]) + len(_BETWEEN)
    last = min(last, most)
    return _BETWEEN.join([*hints[: most - last], *hints[len(hints) - last :]])


_BETWEEN = "   "
_HINTS: dict[tuple[str, ...], tuple[tuple[Key, ...], list[str]]] = {}
"""What the footer of a place could say, and of which table: somebody's settings may put another in its place."""


USUAL_STALL = "a minute"
"""As keys that go to stalls say it, where settings say nothing else."""


def help_lines(stall: str = USUAL_STALL) -> list[tuple[str, str]]:
    """Keys and words of the whole table; a heading has no keys, an empty line neither. ``stall``: the least of one."""
    lines: list[tuple[str, str]] = []
    for where, title in PLACES.items():
        known = ((shown(key), key.words.replace(USUAL_STALL, stall)) for key in at(where))
        lines += [("", title), *known, ("", "")]
    return lines[:-1]
