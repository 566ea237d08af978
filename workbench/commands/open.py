"""``workbench open [SESSION[:SEQ]]``: the app; without a terminal, the same as text; with ``--screen``, a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.store import Store
    from workbench.kept.remembered import Remembered
    from workbench.kept.settings import Settings

SMALLEST, LARGEST = 10, 500


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    words = "a session, an event of it, or a shared file (default: all sessions)"
    parser.add_argument("session", nargs="?", metavar="SESSION[:SEQ]", help=words)
    picture_arguments(parser)


def picture_arguments(parser: argparse.ArgumentParser) -> None:
    """What `open` and `demo` share."""
    parser.add_argument(
        "--keys", metavar="KEYS", help="keys to play, separated by blanks, or a file of them; needs --screen"
    )
    parser.add_argument(
        "--screen", metavar="FILE", help="save what is then on the screen (.svg or .txt) instead of showing it"
    )
    parser.add_argument(
        "--size", metavar="COLSxROWS", type=_size, default=(120, 32), help="of that screen (default: 120x32)"
    )


def _size(text: str) -> tuple[int, int]:
    cells, _, lines = text.partition("x")
    if not (cells.isdigit() and lines.isdigit() and all(SMALLEST <= int(part) <= LARGEST for part in (cells, lines))):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 120x32 (each from {SMALLEST} to {LARGEST})")
    return int(cells), int(lines)


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.store import Store

    if args.session and Path(args.session).is_file():
        from runtime.export.shared import open_shared

        store, session_id, seq = open_shared(Path(args.session))
        return show(args, store, session_id if seq is None else f"{session_id}:{seq}", lasting=False)
    return show(args, Store(args.store), args.session)


def show(args: argparse.Namespace, store: Store, session: str | None, *, lasting: bool = True) -> int:
    """Show ``store``, or one session, however that was asked for; remember nothing of one that is not ``lasting``."""
    if (problem := _problem(args)) is not None:
        print(f"workbench: {problem}", file=sys.stderr)
        return 2
    session_id, seq = target(store, session)
    if not args.screen and not has_terminal():
        return _tell(store, session_id, seq)
    settings = _settings(on_terminal=not args.screen)
    if args.screen:
        return _save(args, store, session_id, seq, settings)
    return _run_app(store, session_id, seq, settings, lasting=lasting)


def has_terminal() -> bool:
    """Whether there is somebody to show the app to. It reads from stdin and draws on stderr; stdout is for data."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _problem(args: argparse.Namespace) -> str | None:
    """Why the arguments do not fit together."""
    if args.keys and not args.screen:
        return "--keys needs --screen FILE: where to save what the keys lead to."
    if (odd := _no_key(_keys(args.keys))) is not None:
        return f"--keys: {odd!r} is no key. Keys are characters, or names such as enter, down, ctrl+d; `?` lists them."
    if args.screen and Path(args.screen).suffix not in (".svg", ".txt"):
        return f"--screen {args.screen!r}: the name must end with .svg or .txt, which says what to save."
    return None


def target(store: Store, session: str | None) -> tuple[str | None, int | None]:
    """``sesn_4c1e:1204`` as a session and a seq that it has."""
    from runtime.errors import SessionNotFound

    if session is None:
        return None, None
    name, _, digits = session.rpartition(":")
    if not name or not digits.isdigit():
        return store.resolve(session), None
    session_id, seq = store.resolve(name), int(digits)
    with store.reader(session_id) as reader:
        if seq >= reader.count:
            have = f"events 0 to {reader.count - 1:,}" if reader.count else "no events yet"
            raise SessionNotFound(f"session {session_id} has {have}; there is no {seq:,}.")
    return session_id, seq


def _tell(store: Store, session_id: str | None, seq: int | None) -> int:
    """The same story as text."""
    from workbench.view.session.source import SessionSource
    from workbench.view.told import session_told, sessions_told

    lines = sessions_told(store) if session_id is None else session_told(SessionSource(store, session_id), seq)
    for line in lines:
        print(line)
    return 0


def _settings(*, on_terminal: bool) -> Settings:
    """What somebody chose for good. Their keys are those of the app from here on: screens bind them when imported."""
    import os

    from workbench.kept import settings

    chosen = settings.read()
    if on_terminal:
        chosen = chosen.on_terminal(os.environ)
    if chosen.keys or chosen.ascii is True:
        from workbench.kept import keymap

        keymap.use(chosen.keys, ascii=chosen.ascii is True)
    return chosen


def _app(store: Store, session_id: str | None, seq: int | None, settings: Settings, remembered: Remembered | None):  # type: ignore[no-untyped-def]  # imported late
    from workbench.app import WorkbenchApp
    from workbench.view.session.source import SessionSource

    return WorkbenchApp(store, SessionSource(store, session_id) if session_id else None, seq, settings, remembered)


def _run_app(store: Store, session_id: str | None, seq: int | None, settings: Settings, *, lasting: bool) -> int:
    import gc

    from workbench.kept.remembered import Remembered

    sys.setswitchinterval(0.001)  # a key must not wait five milliseconds for each lane that is at work
    gc.disable()  # until the first paint: modules are no garbage, and looking for some takes a tenth of the way there
    remembered = Remembered.of(store) if lasting else Remembered()
    app = _app(store, session_id, seq, settings, remembered)
    app.run(mouse=settings.mouse)
    remembered.close()
    return int(app.return_code or 0)


def _save(args: argparse.Namespace, store: Store, session_id: str | None, seq: int | None, settings: Settings) -> int:
    """Play keys, save the screen. Nothing is remembered: the same keys shall give the same picture."""
    import asyncio

    from workbench.output import say
    from workbench.picture import played

    path = Path(args.screen)
    app = _app(store, session_id, seq, settings, None)
    screen = asyncio.run(played(app, _keys(args.keys), args.size, svg=path.suffix == ".svg"))
    path.write_text(screen, encoding="utf-8")
    say(f"saved {path}")
    return 0


def _no_key(names: list[str]) -> str | None:
    """The first of ``names`` that no terminal could send."""
    if not names:
        return None
    from workbench.picture import is_key

    return next((name for name in names if not is_key(name)), None)


def _keys(text: str | None) -> list[str]:
    """Names of keys: those given, or those in the file that was named."""
    if not text:
        return []
    file = Path(text)
    return (file.read_text(encoding="utf-8") if len(text.split()) == 1 and file.is_file() else text).split()
