"""The palette: all that can be done on the screen below it and everywhere, to choose from by typing a little of it.

What is chosen is done when the palette is gone, by whoever does it when its key is pressed. A screen may offer more
than its keys do (``offers``), and say why something cannot be done now (``why_not``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

from textual import events
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import ModalScreen, Screen

from workbench import keys
from workbench.keys import Key
from workbench.screens.lane_screen import LaneScreen
from workbench.view.palette import Command, Offer, ranked
from workbench.widgets.covered import Framed
from workbench.widgets.palette_list import PaletteList, PalettePrompt

LINES = 14
"""So many commands are in sight, where the terminal has room."""
HINT = "a few letters of what to do; in a session, the number of an event"
EVERYWHERE = ("app", "move")
OWN = ("app.palette",)


@runtime_checkable
class Offering(Protocol):
    """A screen on which more can be done than its keys do."""

    def offers(self, typed: str) -> list[Offer]:
        """That, going by what stands in the palette."""


@runtime_checkable
class Knowing(Protocol):
    """A screen that knows why something cannot be done now."""

    def why_not(self, id: str) -> str:
        """Why not, of a row in `workbench.keys`; nothing where it can be done, or nobody knows."""


class PaletteScreen(ModalScreen[None]):
    """Over the screen that it was opened from. One is enough: to take it away and make it again costs two frames."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(key.keys), "app.quit", show=False) for key in keys.at("app") if key.action == "quit"
    ]

    def __init__(self) -> None:
        super().__init__()
        self._bound: dict[str, ActiveBinding] = {}
        self._by_key: list[Offer] = []
        self._by_theme: list[Offer] = []
        self._offers: list[Offer] = []
        self._typed = ""
        """What the list was made for."""
        self._asking = False
        self._early: list[events.Key] = []
        """Keys that were typed before anything was asked."""

    def over(self, below: Screen[Any]) -> PaletteScreen:
        """To be opened from ``below`` now."""
        self._below = below
        self._bound = {bound.binding.id: bound for bound in below.active_bindings.values() if bound.binding.id}
        self._by_key, self._by_theme = [*self._of_keys()], [*self._of_themes(below.app)]
        self._asking, self._early = False, []
        return self

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────

    def _of_keys(self) -> Iterator[Offer]:
        """What keys do here: first what they do on this screen alone."""
        here = [key for key in keys.KEYS if key.where not in EVERYWHERE]
        for key in (*here, *keys.at("app"), *keys.at("move")):
            bound = self._bound.get(key.id)
            if bound is not None and key.id not in OWN:
                yield Offer(self._command(key, enabled=bound.enabled), self._pressing(key))

    def _command(self, key: Key, *, enabled: bool) -> Command:
        why_not = self._below.why_not(key.id) if isinstance(self._below, Knowing) else ""
        name = key.id.partition(".")[2].replace("_", " ")
        return Command(name, key.words, keys.shown(key), why_not or ("" if enabled else "not now"))

    def _pressing(self, key: Key) -> Callable[[], object]:
        """What pressing a key on the screen below would do."""
        bound = self._bound[key.id]
        return lambda: self.app.call_later(self.app.run_action, bound.binding.action, bound.node)

    def _of_themes(self, app: App[Any]) -> Iterator[Offer]:
        for name in sorted(app.available_themes, key=lambda name: (not name.startswith("workbench"), name)):
            why_not = "these are the colours now" if name == app.theme else ""
            yield Offer(Command(f"theme {name}", "other colours", why_not=why_not), self._colouring(name))

    def _colouring(self, name: str) -> Callable[[], object]:
        return lambda: setattr(self.app, "theme", name)

    # ── the screen ───────────────────────────────────────────────────────────────────────────────────────────────────

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        doing = {name: getattr(self, f"action_{key.action}") for key in keys.at("palette") for name in key.keys}
        with Framed(id="palette"):
            yield PaletteList(id="commands")
            yield PalettePrompt(doing, id="typed")

    def on_mount(self) -> None:
        """The parts are there."""
        self.list, self.prompt = self.query_one(PaletteList), self.query_one(PalettePrompt)

    def on_screen_resume(self) -> None:
        """Show everything, and ask."""
        self._asking = True
        self.prompt.ask("palette", ":", HINT)
        self._find("")
        self.on_resize()
        for event in self._early:
            self.prompt.take(event)

    def on_resize(self) -> None:
        """As high as all commands, if there is room."""
        lines = max(1, min(LINES, len(self._offers), self.app.size.height - 3))
        self.query_one("#palette").styles.height = lines + 2

    def _find(self, typed: str) -> None:
        self._typed = typed
        more = self._below.offers(typed) if isinstance(self._below, Offering) else []
        self._offers = [*self._by_key, *more, *self._by_theme]
        self.list.show_matches(ranked([offer.command for offer in self._offers], typed))

    def take(self, event: events.Key) -> None:
        """A key that the prompt did not get."""
        if self._asking:
            self.prompt.take(event)
        elif event.key != "ctrl+q":
            event.stop()
            event.prevent_default()
            self._early.append(event)

    on_key = take

    def on_prompt_changed(self, message: PalettePrompt.Changed) -> None:
        """Find what is typed now."""
        self._find(message.text)

    def on_prompt_answered(self) -> None:
        """Enter was pressed."""
        self.action_run()

    def on_prompt_given_up(self) -> None:
        """Escape was pressed."""
        self.dismiss()

    def on_line_list_chosen(self) -> None:
        """A line was clicked twice."""
        self.action_run()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_run(self) -> None:
        """Do what is under the cursor, on the screen below."""
        if self.prompt.text != self._typed:  # enter came in one go with what it is the end of
            self._find(self.prompt.text)
        chosen = self.list.chosen
        self.dismiss()
        if chosen is None:
            return
        if not chosen.command.why_not:
            self._offers[chosen.number].do()
        elif isinstance(self._below, LaneScreen):
            self._below.say(chosen.command.why_not)

    def action_back(self) -> None:
        """Do nothing."""
        self.dismiss()

    def action_down(self) -> None:
        """To the next command."""
        self.list.move(1)

    def action_up(self) -> None:
        """To the one before."""
        self.list.move(-1)

    def action_page_down(self) -> None:
        """A page further."""
        self.list.action_page_down()

    def action_page_up(self) -> None:
        """A page back."""
        self.list.action_page_up()
