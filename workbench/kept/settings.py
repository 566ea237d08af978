"""Settings: the little that somebody may want otherwise for good, in a TOML file.

The file is ``settings.toml`` in the platform's folder for configuration, or the one that ``WORKBENCH_SETTINGS`` names.
Without one everything is as it is by default, and nothing is imported to find that out. What is wrong with it is said
in a line that names the file, the line, and the setting that was probably meant; the app does not open then.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import platformdirs

from runtime.errors import WorkbenchError
from workbench.kept.small_file import NoSmallFile, read_small

VARIABLE = "WORKBENCH_SETTINGS"
LARGEST_BYTES = 1 << 20
AUTO = "auto"
IMAGES = (AUTO, "kitty", "sixel", "blocks", "off")


class WrongSettings(WorkbenchError):
    """The file says something that we do not understand, or cannot do."""


class Settings(NamedTuple):
    """What was chosen."""

    theme: str = ""
    """A theme of ours or of Textual's; empty for the one that is chosen otherwise."""
    ascii: str | bool = AUTO
    """Draw with nothing but ASCII."""
    mouse: bool = True
    stall_seconds: int = 60
    """From here on a time in which nothing happens is a stall."""
    editor: str = ""
    pager: str = ""
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """By id in the table of keys."""
    images: str = AUTO
    """How images are shown: see `workbench.view.graphics.showing`."""

    def on_terminal(self, environment: Mapping[str, str]) -> Settings:
        """The same for the terminal of this ``environment``: whether it is to get nothing but ASCII is known then."""
        return self._replace(ascii=not takes_unicode(environment)) if self.ascii == AUTO else self


class Setting(NamedTuple):
    """One of them, as it is written about."""

    default: str
    """As TOML."""
    words: str


SETTINGS = {
    "theme": Setting(
        '"workbench-dark"',
        "colours: workbench-dark, workbench-light, ansi-dark, ansi-light (the terminal's own) or one of Textual's; "
        "without this line the one that was chosen in the app",
    ),
    "ascii": Setting('"auto"', 'true draws with ASCII alone, false never; "auto" does where the locale is not UTF-8'),
    "images": Setting(
        '"auto"',
        "images of payloads: kitty, sixel or blocks says how to show them, off not at all; "
        '"auto" does what the terminal is known for',
    ),
    "mouse": Setting("true", "whether the app reacts to the mouse; false leaves it to the terminal, to select text"),
    "stall_seconds": Setting("60", "how long nothing must happen for it to be called a stall (the keys s and S)"),
    "editor": Setting('""', "the command that opens a payload; empty: $VISUAL, $EDITOR, or vi"),
    "pager": Setting('""', "the command to read a payload with; empty: $PAGER, or less"),
}


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file is, or would be."""
    named = environment.get(VARIABLE)
    return Path(named) if named else Path(platformdirs.user_config_dir("workbench")) / "settings.toml"


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """What the file says; all defaults where there is none. `WrongSettings` where it makes no sense."""
    path = settings_path(environment)
    try:
        data = read_small(path, LARGEST_BYTES)
    except FileNotFoundError:
        if environment.get(VARIABLE):
            raise WrongSettings(f"{path}: there is no such file, and {VARIABLE} names it.") from None
        return Settings()
    except OSError as error:
        raise WrongSettings(f"{path}: the settings cannot be read: {error.strerror}.") from error
    except NoSmallFile as error:
        raise WrongSettings(f"{path}: these are no settings: {error}.") from None
    return _Reading(path, data).settings()


def takes_unicode(environment: Mapping[str, str]) -> bool:
    """Whether the locale is UTF-8, or nobody says what it is."""
    named = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or "UTF-8"
    return "utf8" in named.lower().replace("-", "")


def default_file() -> str:
    """A file that changes nothing and says what could be changed."""
    from workbench import keys

    lines = ["# Settings of the workbench. What stands here is what holds without it.", ""]
    for name, setting in SETTINGS.items():
        lines += [f"# {setting.words}", f"# {name} = {setting.default}", ""]
    lines += [
        "# Keys, by what they do: characters, names such as enter or pagedown, or ctrl with a letter (ctrl+d).",
        "# No two of one part may be the same, nor the same as one of move or app.",
        "# [keys]",
    ]
    for key in keys.KEYS:
        names = ", ".join(_quoted(name) for name in key.keys)
        lines.append(f"# {key.id} = [{names}]".ljust(56) + f"# {key.words}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'\"'" if text == '"' else '"' + text.replace("\\", "\\\\") + '"'


class _Reading:
    """One file, from its bytes to settings."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data = path, data

    def settings(self) -> Settings:
        """What it says."""
        import tomllib

        try:
            found = tomllib.loads(self._data.decode("utf-8"))
        except UnicodeDecodeError:
            raise WrongSettings(f"{self._path}: the settings are not text in UTF-8.") from None
        except RecursionError:
            raise WrongSettings(f"{self._path}: the settings are not TOML: they nest too deep.") from None
        except ValueError as error:  # all that is wrong with TOML, and numbers longer than any
            raise WrongSettings(f"{self._path}: the settings are not TOML: {error}.") from None
        chosen: dict[str, Any] = {}
        for name, value in found.items():
            if name != "keys" and name not in SETTINGS:
                raise self._wrong(name, f"there is no setting {name!r}", _nearest(name, [*SETTINGS, "keys"]))
            chosen[name] = self._keys(value) if name == "keys" else self._value(name, value)
        return Settings(**chosen)

    def _value(self, name: str, value: Any) -> object:
        """The value of one setting."""
        if name == "ascii" and value not in (AUTO, True, False):
            raise self._wrong(name, 'ascii is true, false or "auto"')
        if name == "images" and value not in IMAGES:
            raise self._wrong(name, f"images is one of {', '.join(IMAGES)}, not {_shown(value)}")
        if name == "mouse" and not isinstance(value, bool):
            raise self._wrong(name, f"mouse is true or false, not {_shown(value)}")
        if name == "stall_seconds" and (type(value) is not int or not 1 <= value <= 86_400):
            raise self._wrong(name, f"stall_seconds is a whole number from 1 to 86400, not {_shown(value)}")
        if name in ("theme", "editor", "pager") and not isinstance(value, str):
            raise self._wrong(name, f"{name} is text in quotes, not {_shown(value)}")
        if name == "theme" and value and value not in (themes := _themes()):
            raise self._wrong(name, f"there is no theme {value!r}", _nearest(value, themes))
        return value

    def _keys(self, table: Any) -> Mapping[str, tuple[str, ...]]:
        """The table of keys, written ``session.follow`` or ``"session.follow"``."""
        from workbench import keys
        from workbench.kept import keymap

        if not isinstance(table, dict):
            raise self._wrong("keys", 'keys is a table: [keys], and below it session.follow = "f"')
        ids = [key.id for key in keys.KEYS]
        chosen: dict[str, tuple[str, ...]] = {}
        for id, value in _flat(table):
            if id not in ids:
                raise self._wrong(id, f"nothing that keys do is called {id!r}", _nearest(id, ids))
            names = [value] if isinstance(value, str) else value
            if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
                raise self._wrong(id, f"{id} is a key in quotes, or a list of such, not {_shown(value)}")
            chosen[id] = tuple(dict.fromkeys("comma" if name == "," else name for name in names))
        try:
            keymap.with_choices(keys.KEYS, chosen)
        except keymap.WrongKey as error:
            raise self._wrong(error.id, f"{error.id}: {error}") from None
        return chosen

    def _wrong(self, name: str, words: str, near: str = "") -> WrongSettings:
        line = self._line_of(name)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        end = "" if words.endswith("?") else f"; did you mean {near!r}?" if near else "."
        return WrongSettings(f"{where}: {words}{end}")

    def _line_of(self, name: str) -> int | None:
        """The line in which something is set, as far as can be told without the grammar of TOML."""
        import re

        last = re.escape(name.rpartition(".")[2])
        whole = re.escape(name)
        pattern = re.compile(rf"""^\s*(?:["']?{whole}["']?|(?:[\w-]+\.)*["']?{last}["']?)\s*=|^\s*\[\s*{whole}\s*\]""")
        for number, text in enumerate(self._data.decode("utf-8").splitlines(), 1):
            if pattern.match(text):
                return number
        return None


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """A table of tables, as dotted names and what they are set to."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found


def _themes() -> list[str]:
    from textual.theme import BUILTIN_THEMES

    from workbench import theme

    return [theme.DARK.name, theme.LIGHT.name, *BUILTIN_THEMES]


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, names, 1)), "")


def _shown(value: object) -> str:
    """A value as TOML has it, near enough to be recognised."""
    return str(value).lower() if isinstance(value, bool) else repr(value)[:40]
