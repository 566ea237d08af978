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


KEYS = (
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
    Key("sessions.open", ("enter",), "open", "open the session", "enter open"),
    Key("sessions.filter", ("/",), "filter", "show only sessions such as: model:opus errors>3 words", "/ filter"),
    Key("sessions.sort", ("s",), "sort", "in the order of the next column", "s S sort"),
    Key("sessions.reverse", ("S",), "reverse", "the other way round"),
    Key("sessions.reload", ("ctrl+r",), "reload", "look again which sessions there are"),
    Key("sessions.clear", ("escape",), "clear", "show all sessions again"),
    Key("sessions.quit", ("q",), "quit", "quit"),
    Key("session.next_error", ("e",), "next_error", "to the next error", "e E error"),
    Key("session.previous_error", ("E",), "previous_error", "to the error before"),
    Key("session.next_turn", ("]",), "next_turn", "to the next turn", "] [ turn"),
    Key("session.previous_turn", ("[",), "previous_turn", "to the beginning of this turn, then the one before"),
    Key("session.next_stall", ("s",), "next_stall", "to the next event that was waited for a minute or more"),
    Key("session.previous_stall", ("S",), "previous_stall", "to the one before"),
    Key("session.zoom_in", ("+",), "zoom_in", "the timeline: closer around the cursor"),
    Key("session.zoom_out", ("-",), "zoom_out", "the timeline: further away"),
    Key("session.zoom_fit", ("0",), "zoom_fit", "the timeline: the whole session"),
    Key("session.scale", ("T",), "scale", "the timeline: by event, or by clock without the idle times"),
    Key("session.go", (":",), "go", "to an event by its number"),
    Key("session.search", ("/",), "search", "find text in this session's payloads", "/ search"),
    Key("session.next_hit", ("n",), "next_hit", "to the next place found"),
    Key("session.previous_hit", ("N",), "previous_hit", "to the place found before"),
    Key("session.filter", ("&",), "filter", "show only events such as: type:tool_use is:error took>30s", "& filter"),
    Key("session.only_this", ("*",), "only_this", "show only events like this one: of its tool, or of its type"),
    Key("session.facets", ("F",), "facets", "count types, tools, threads, models, to show only one of them"),
    Key("session.follow", ("f",), "toggle_follow", "follow a live session, or hold it still", "f follow"),
    Key("session.pane", ("tab", "enter"), "other_pane", "to the other pane", "tab pane"),
    Key("session.wrap", ("w",), "wrap", "wrap the payload's long lines, or not"),
    Key("session.raw", ("r",), "raw", "the payload exactly as it is stored, and back", "r raw"),
    Key("session.pair", ("o",), "pair", "to the matching event: from a call to its result; there, back", "o pair"),
    Key("session.yank", ("y",), "yank", "copy the payload as it is shown, secrets masked", "y copy"),
    Key("session.yank_id", ("Y",), "yank_id", "copy the event's id"),
    Key("session.edit", ("v",), "edit", "open the payload in $EDITOR"),
    Key("session.page", ("P",), "page", "read the payload in $PAGER"),
    Key("session.pipe", ("|",), "pipe", "give the payload to a command"),
    Key("session.back", ("q", "escape"), "back", "end what is under way, then back to the sessions"),
    Key("facets.choose", ("enter",), "choose", "show only these", "enter show only these"),
    Key("facets.back", ("escape", "q", "F"), "back", "back", "esc back"),
    Key("app.help", ("?",), "help", "these keys", "? keys"),
    Key("app.quit", ("ctrl+q",), "quit", "quit from anywhere"),
)

PLACES = {
    "move": "Move", "session": "In a session", "sessions": "In the list of sessions", "facets": "In facets",
    "app": "Everywhere",
}  # fmt: skip
"""Parts of the app, in the order in which help shows them."""

_SHOWN = {
    "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home",
    "end": "End", "escape": "esc",
}  # fmt: skip


def at(where: str) -> list[Key]:
    """The keys of one part of the app."""
    return [key for key in KEYS if key.where == where]


def bindings(where: str) -> list[Binding]:
    """The same as Textual wants them. What a session's screen does is done by its parts: ``do('next_error')``."""
    from textual.binding import Binding

    by_parts = where == "session"
    return [
        Binding(
            ",".join(key.keys), f"do({key.action!r})" if by_parts else key.action, key.words, show=False, id=key.id
        )
        for key in at(where)
    ]


def shown(key: Key) -> str:
    """``j ↓``: the keys as they are written on a keyboard."""
    return " ".join(map(shown_name, key.keys))


def shown_name(name: str) -> str:
    """``↓``: one key as it is written on a keyboard."""
    return _SHOWN.get(name, name)


def footer(cells: int, *wheres: str) -> str:
    """What can be done here, in at most ``cells`` cells; the last hint, which leads to all others, goes last."""
    hints = [key.footer for where in wheres for key in at(where) if key.footer]
    while len(hints) > 1 and len("   ".join(hints)) > cells:
        del hints[-2]
    return "   ".join(hints)


def help_lines() -> list[tuple[str, str]]:
    """Keys and words of the whole table; a heading has no keys, an empty line neither."""
    lines: list[tuple[str, str]] = []
    for where, title in PLACES.items():
        lines += [("", title), *((shown(key), key.words) for key in at(where)), ("", "")]
    return lines[:-1]
