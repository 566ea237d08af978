"""What roles look like: one accent, two greys, a colour for each domain of events and one for trouble.

`workbench.view` says what a piece of text means; only here does that become a colour. Our two themes name theirs; any
other theme of Textual's, the terminal's own colours (``ansi-dark``, ``ansi-light``) included, lends its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme

DARK = Theme(
    name="workbench-dark",
    primary="#7fb0d6",
    secondary="#a99bd1",
    accent="#7fb0d6",
    warning="#d9b26f",
    error="#e27d72",
    success="#8fb996",
    foreground="#d3d7de",
    background="#15171c",
    surface="#1b1e25",
    panel="#272c36",
    variables={
        "role-muted": "#8d95a3",
        "role-faint": "#626a78",
        "scrollbar": "#323845",
        "scrollbar-background": "#15171c",
    },
)
LIGHT = Theme(
    name="workbench-light",
    primary="#2a6a9e",
    secondary="#6753a3",
    accent="#2a6a9e",
    warning="#8a5c10",
    error="#b3372b",
    success="#39704a",
    foreground="#262a31",
    background="#fbfaf8",
    surface="#f1efeb",
    panel="#dfe4ea",
    dark=False,
    variables={
        "role-muted": "#626873",
        "role-faint": "#8d929b",
        "scrollbar": "#cdd0d4",
        "scrollbar-background": "#fbfaf8",
    },
)


def roles(theme: Theme) -> dict[str, str]:
    """CSS variables for every role, from whatever ``theme`` has. A theme's own ``variables`` take precedence."""
    foreground = theme.foreground or "#d3d7de"
    own = {
        "role-text": foreground,
        "role-muted": _between(theme, 0.35),
        "role-faint": _between(theme, 0.58),
        "role-accent": theme.accent or theme.primary,
        "role-user": theme.warning or theme.primary,
        "role-agent": foreground,
        "role-tool": theme.success or theme.primary,
        "role-session": theme.secondary or theme.primary,
        "role-error": theme.error or theme.primary,
        "role-live": theme.success or theme.primary,
        "role-cursor": theme.panel or _between(theme, 0.86),
        "role-hit": theme.warning or theme.primary,
        "role-hit-text": "ansi_black" if theme.ansi else theme.background or "#000000",
        "role-grip": theme.variables.get("scrollbar") or _between(theme, 0.75),
        "role-bar": theme.surface or theme.background or "#1b1e25",
    }
    return {
        **own,
        "role-span": own["role-faint"],
        **{name: value for name, value in theme.variables.items() if name in own},
    }


def in_ascii_alone(app: App[None]) -> bool:
    """Whether the terminal is to get nothing but ASCII (`workbench.kept.settings`)."""
    return bool(app.settings.ascii is True)  # type: ignore[attr-defined]  # the app is ours


_made: dict[tuple[str, bool], Mapping[str, Style]] = {}


def role_styles(app: App[None]) -> Mapping[str, Style]:
    """How text of each role is drawn, and the line under the ``cursor``. Asked for by every line: made once a theme."""
    key = app.theme, app.native_ansi_color
    if key not in _made:
        _made[key] = _styles(app.current_theme, ansi=app.native_ansi_color)
    return _made[key]


def _styles(theme: Theme, *, ansi: bool) -> Mapping[str, Style]:
    """Not by way of CSS component classes: a hundred of them would cost a sixth of the way to the first paint."""
    colours = {name.removeprefix("role-"): Color.parse(value).rich_color for name, value in roles(theme).items()}
    styles = {name: Style(color=colour) for name, colour in colours.items()}
    styles["strong"] = Style(color=colours["text"], bold=True)
    styles["heading"] = Style(color=colours["accent"], bold=True)
    styles["emphasis"] = Style(color=colours["text"], italic=True)
    styles["code"] = Style(color=colours["session"])
    styles["added"], styles["removed"] = Style(color=colours["live"]), Style(color=colours["error"])
    styles["warning"] = Style(color=colours["user"])
    styles["user"] = Style(color=colours["user"], bold=True)
    styles["hit"] = Style(color=colours["hit-text"], bgcolor=colours["hit"])
    styles["caret"] = Style(color=colours["text"], reverse=True)
    styles["cursor"] = Style(reverse=True) if ansi else Style(bgcolor=colours["cursor"])
    return styles


@lru_cache(maxsize=4096)
def paint(role: str) -> Style:
    """What a cell of a picture looks like: ``#102030``, ``#102030/#405060`` on a ground, ``@200`` of a palette."""
    if role[0] == "@":
        return Style(color=RichColor.from_ansi(int(role[1:])))
    colour, _, ground = role.partition("/")
    return Style(color=RichColor.parse(colour), bgcolor=RichColor.parse(ground) if ground else None)


def _between(theme: Theme, share: float) -> str:
    """A grey on the way from the theme's foreground to its background."""
    try:
        foreground, background = Color.parse(theme.foreground or "#d3d7de"), Color.parse(theme.background or "#15171c")
    except ColorParseError:
        return "ansi_bright_black"
    if theme.ansi or foreground.ansi is not None:
        return "ansi_bright_black"
    return foreground.blend(background, share).hex
