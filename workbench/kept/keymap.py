"""The keys that somebody chose instead of ours: whether they can be, and the table of keys with them in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from workbench import keys
from workbench.keys import Key

EVERYWHERE = ("move", "app")
"""Parts whose keys do the same in every other part."""

NAMED = frozenset(
    "up down left right home end pageup pagedown insert delete enter escape tab space backspace comma".split()
) | {f"f{number}" for number in range(1, 13)}
"""Keys that are no character and that every terminal sends."""

_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace"}
"""What terminals send for some keys is what they send for others."""


class WrongKey(ValueError):
    """Why keys cannot be as somebody wants them; ``id`` is the row of the table that it is about."""

    def __init__(self, id: str, words: str) -> None:
        super().__init__(words)
        self.id = id


def with_choices(table: Sequence[Key], choices: Mapping[str, Sequence[str]]) -> tuple[Key, ...]:
    """``table`` with the keys of ``choices``, by id, instead of its own. `WrongKey` where that cannot be."""
    for id, names in choices.items():
        for name in names:
            if why := why_not(name):
                raise WrongKey(id, why)
    chosen = tuple(key._replace(keys=tuple(choices.get(key.id, key.keys))) for key in table)
    before = {frozenset(pair) for _, *pair in _twice(table)}
    for name, one, other in _twice(chosen):
        if frozenset((one, other)) not in before:
            culprit, holder = (one, other) if one in choices else (other, one)
            raise WrongKey(culprit, f"the key {name!r} is that of {holder} already, and both are at work in one place")
    changed = [(old, new) for old, new in zip(table, chosen) if old.keys != new.keys]
    return tuple(key._replace(footer=_footer(key, changed)) if key.footer else key for key in chosen)


def why_not(name: str) -> str:
    """Why no terminal can be relied upon to send this key; empty where all do."""
    if len(name) == 1:
        return "" if name.isprintable() and name != " " else f"{name!r} is no key; the space bar is called space"
    if name in _SAME:
        return f"terminals send the same for {name!r} and for {_SAME[name]}"
    if name in NAMED or (len(name) == 6 and name.startswith("ctrl+") and name[5].isalpha() and name[5].islower()):
        return ""
    if "+" in name:
        return f"not every terminal can send {name!r}; plain characters and ctrl with a small letter go everywhere"
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), NAMED, 1)
    return f"there is no key {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def use(choices: Mapping[str, Sequence[str]], *, ascii: bool = False) -> None:
    """From now on the table of keys is the one with ``choices`` in it. To be called before any screen is imported."""
    if ascii:
        keys.SHOWN |= {name: name.capitalize() for name in ("up", "down", "left", "right")}
    if choices:
        keys.KEYS = with_choices(keys.KEYS, choices)


def _twice(table: Sequence[Key]) -> list[tuple[str, str, str]]:
    """Keys that two rows want which are at work in one place: the key, the one row, the other."""
    found = []
    parts: dict[str, list[Key]] = defaultdict(list)
    for key in table:
        parts[key.where].append(key)
    everywhere = [key for where in EVERYWHERE for key in parts[where]]
    for where, part in parts.items():
        holders: dict[str, list[str]] = defaultdict(list)
        for key in everywhere if where in EVERYWHERE else [*everywhere, *part]:
            for name in key.keys:
                holders[name].append(key.id)
        found += [(name, ids[0], other) for name, ids in holders.items() for other in ids[1:] if other != ids[0]]
    return found


def _footer(key: Key, changed: Sequence[tuple[Key, Key]]) -> str:
    """``j k move`` with the keys there are now: a hint names the first keys of some rows of its part."""
    now = {
        keys.shown_name(name): keys.shown_name(new.keys[0])
        for old, new in changed
        if old.where == key.where
        for name in old.keys
    }
    return " ".join(now.get(word, word) for word in key.footer.split(" "))
