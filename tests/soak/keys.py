"""Keys at random over every screen of the app: on the demo's store, and on one made of a hostile transcript.

Each round is an app of its own. After keys, pastes, clicks and other sizes of the terminal, while sessions grow and go
away, everything that was set going arrives; then no screen has failed, every cursor is on a line, and nothing that
stands there could act on a terminal. In the end the app still answers ``?``, and ctrl+q ends it.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from textual import events
from textual.pilot import Pilot

from runtime.errors import WorkbenchError
from runtime.ingest.paths import import_paths
from runtime.store import Store
from tests.soak.outcome import Outcome
from tests.support.builders import message
from tests.support.hostile import ATTACKS, SESSION, write_transcript
from tests.support.terminal import unfit
from workbench import external, keys
from workbench.app import WorkbenchApp
from workbench.demo import store as demo
from workbench.picture import send, settle, text_of
from workbench.screens.help import HelpScreen
from workbench.view.session.source import SessionSource
from workbench.widgets.line_list import LineList

PRESSED = 150
"""Keys a round."""
QUERIES = (
    "select * from events;", "select session_id, seq, summary from events where is_error;", "select 1/0;",
    "from sessions;", "select * from findings;", "drop table events;", "select chr(27) || chr(155) as \"\x1b[6n\";",
)  # fmt: skip
TYPED = (*QUERIES, *ATTACKS.values(), "type:tool_use is:error", "error", "42", "999999999999999999999", "model:", "(")
SIZES = ((80, 24), (120, 32), (200, 60), (59, 14), (10, 3), (1, 1), (500, 200))
NAMED = sorted({name for key in keys.KEYS for name in key.keys} - {"ctrl+q"})
PLAIN = tuple("abcdefghijklmnopqrstuvwxyz0123456789:;.' ")
SAFE = {"|"}
"""What would have a shell run what was typed."""
AWAY: dict[str, Any] = {name: lambda *_: "" for name in ("pipe", "viewed", "open_file", "_copy_by_program")}
"""Other programs are not had do anything."""
ESCAPES = 25


def keys_at_random(folder: Path, seed: int, rounds: int, pressed: int = PRESSED) -> Outcome:
    """Press ``pressed`` keys in each of so many rounds, on the one store and on the other in turn."""
    outcome = Outcome("keys", beside=f"{pressed} keys a round")
    stores = _stores(folder / "made")
    for number in range(rounds):
        place = folder / "round"
        shutil.copytree(stores[number % len(stores)], place / "store")
        with _surroundings(place):
            failure = asyncio.run(_Round(Store(place / "store"), random.Random(seed + number), pressed, outcome).run())
        if failure:
            outcome.failures.append(f"seed {seed + number}, {stores[number % len(stores)].name}: {failure}")
        outcome.rounds += 1
        shutil.rmtree(place)
    return outcome


def _stores(folder: Path) -> list[Path]:
    """Two stores: ours, and theirs."""
    folder.mkdir(parents=True)
    demo.ensure(Store(folder / "demo"))
    import_paths(Store(folder / "hostile").prepare(), [write_transcript(folder / f"{SESSION}.jsonl", large=False)])
    return [folder / "demo", folder / "hostile"]


@contextmanager
def _surroundings(place: Path) -> Iterator[None]:
    """What an app may write goes into this folder; what it would have other programs do, it does without."""
    names = {"HOME": "home", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config", "TMPDIR": "temporary"}
    for name in names.values():
        (place / name).mkdir()
    surroundings = {variable: str(place / name) for variable, name in names.items()}
    with mock.patch.dict(os.environ, surroundings), chdir(place / "home"):
        with mock.patch.object(tempfile, "tempdir", str(place / "temporary")), mock.patch.multiple(external, **AWAY):
            yield


class _Round:
    """One app, and somebody who leans on the keyboard."""

    def __init__(self, store: Store, chance: random.Random, pressed: int, outcome: Outcome) -> None:
        self._store, self._chance, self._left, self._outcome = store, chance, pressed, outcome
        self._ids = list(store.session_ids())
        self._did: list[str] = []

    async def run(self) -> str:
        """What went wrong, if anything did, and after which keys."""
        source = SessionSource(self._store, self._chance.choice(self._ids)) if self._chance.random() < 0.5 else None
        app = WorkbenchApp(self._store, source)
        try:
            async with app.run_test(size=self._chance.choice(SIZES[:4])) as pilot:
                await settle(pilot)
                while self._left > 0 and app.is_running:
                    await self._something(pilot)
                if app.is_running:
                    await self._still_answers(pilot)
            if app.return_code:
                return self._told(f"the app ended with {app.return_code}")
        except (AssertionError, TimeoutError) as wrong:
            return self._told(f"{type(wrong).__name__}: {wrong}")
        except Exception as error:
            return self._told("".join(traceback.format_exception(error, chain=False)))
        return ""

    def _told(self, what: str) -> str:
        return f"{what}\nafter {' '.join(self._did[-40:])}"

    async def _something(self, pilot: Pilot[None]) -> None:
        """One thing somebody does, or some at once; then look."""
        app, chance = pilot.app, self._chance
        turn = chance.random()
        if turn < 0.03:
            size = chance.choice(SIZES)
            self._did.append("size:{}x{}".format(*size))
            await pilot.resize_terminal(*size)
        elif turn < 0.06:
            text = chance.choice(TYPED)
            self._did.append(f"paste:{text[:12]!r}")
            app.screen.post_message(events.Paste(text))
            if app.focused is not None:
                app.focused.post_message(events.Paste(text))
        elif turn < 0.09:
            self._did.append("click")
            where = chance.randrange(app.size.width), chance.randrange(app.size.height)
            await pilot.click(offset=where, times=chance.choice((1, 2)))
        elif turn < 0.10:
            self._change()
        else:
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                self._press(app)
        if app.is_running:
            await settle(pilot)
            self._look(app)

    def _press(self, app: object) -> None:
        key = self._chance.choice(PLAIN if self._chance.random() < 0.2 else NAMED)
        if key in SAFE or (key == "q" and self._chance.random() < 0.8):  # or it would be over soon
            return
        key = "space" if key == " " else key
        self._did.append(key)
        self._left -= 1
        self._outcome.events += 1
        send(app, key)  # type: ignore[arg-type]  # an app

    def _change(self) -> None:
        """Somebody else does something to the store."""
        session_id = self._chance.choice(self._ids)
        try:
            if self._chance.random() < 0.5:
                self._did.append(f"deleted:{session_id[:9]}")
                self._store.delete(session_id)
            else:
                self._did.append(f"grown:{session_id[:9]}")
                with self._store.writer(session_id) as log:
                    log.append([message(self._chance.randrange(1 << 40))])
        except WorkbenchError as error:
            self._did.append(f"({type(error).__name__})")

    def _look(self, app: object) -> None:
        """Nothing has failed, every cursor is on a line, and what is on the screen is text."""
        assert isinstance(app, WorkbenchApp)
        assert app._exception is None, "the app failed"  # and ends with what it was
        for screen in app.screen_stack if app.is_running else ():
            for each in screen.query(LineList):
                assert 0 <= each.cursor < max(1, each.count), f"{each} has {each.count} lines, cursor {each.cursor}"
        if app.is_running:
            assert not (odd := unfit(text_of(app))), f"{odd} on the screen"
        reports = list(Path(os.environ["XDG_STATE_HOME"]).rglob("*.txt"))
        assert not reports, reports[0].read_text() if reports[0].is_file() else reports
        self._outcome.checks += 1

    async def _still_answers(self, pilot: Pilot[None]) -> None:
        """``?`` shows the keys, and ctrl+q ends it."""
        app = pilot.app
        await pilot.resize_terminal(80, 24)
        for _ in range(ESCAPES):
            send(app, "escape")
            await settle(pilot)
        send(app, "?")
        await settle(pilot)
        assert isinstance(app.screen, HelpScreen), f"? was not answered: {app.screen}, focus on {app.focused}"
        send(app, "ctrl+q")
        async with asyncio.timeout(10):
            while app.is_running:
                await asyncio.sleep(0.005)
