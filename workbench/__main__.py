"""The command line: ``workbench COMMAND …``; alone, it opens the app.

stdout is for data, stderr for words. Exit codes: 0 done · 1 failed · 2 usage.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from workbench.commands import COMMANDS

TEXTS = ("pattern", "query", "filter", "session", "sessions", "type", "thread")
"""Arguments that are text. Those that are paths may be any bytes."""
UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


class _Command(argparse.ArgumentParser):
    """Takes options before, between and after its arguments: ``search PATTERN -i SESSION``."""

    _between = False

    def parse_known_args(  # type: ignore[override]  # as the base class says it at run time
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[Any, list[str]]:
        """See `argparse.ArgumentParser.parse_known_args`; how options stand between arguments is built upon it."""
        if self._between or {"-h", "--help"}.intersection(args or ()):
            return super().parse_known_args(args, namespace)
        self._between = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._between = False


def parser_for(chosen: str | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of the ``chosen`` command only: the others are not even imported."""
    parser = argparse.ArgumentParser(
        prog="workbench",
        description="Record, watch, steer, replay and grade agent sessions.",
        epilog="`workbench COMMAND --help` says more. Without a command, the app opens.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Command)
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == chosen:
            _module(name).arguments(command)
        words = "the store (default: $WORKBENCH_STORE, else the platform's)"
        command.add_argument("--store", metavar="DIR", help=words)
    return parser


def _module(name: str):  # type: ignore[no-untyped-def]  # a module, by the protocol of workbench.commands
    return import_module(f"workbench.commands.{name}_" if name == "import" else f"workbench.commands.{name}")


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if argv is None else argv
    chosen = next((word for word in words if word in COMMANDS), None)
    args = parser_for(chosen).parse_args(words)
    if args.version:
        from importlib.metadata import version

        print(version("agent-session-workbench"))
        return 0
    if args.command is None:
        args = parser_for("open").parse_args(["open"])
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    from runtime.errors import NotASelect, WorkbenchError

    if problem := _problem(args):
        return _ended(problem, 2)
    try:
        return int(_module(args.command).run(args))
    except WorkbenchError as error:
        from workbench.kept.settings import WrongSettings

        return _ended(str(error), 2 if isinstance(error, (NotASelect, WrongSettings)) else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; say no more at exit
        return 0
    except OSError as error:
        return _ended(_words(args, error), 1)
    except KeyboardInterrupt:
        print("workbench: interrupted", file=sys.stderr)
        return 130


def _ended(words: str, code: int) -> int:
    """Say why the command ended; ``code``."""
    from workbench.output import safe

    print(f"workbench: {safe(words, keep=chr(10))}", file=sys.stderr)
    return code


def _problem(args: argparse.Namespace) -> str | None:
    """What is wrong with the arguments that no command could do anything about."""
    for name in TEXTS if args.command != "open" else ():
        value = getattr(args, name, None)
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and not _is_text(word):
                return f"{word!r} is not text in UTF-8, and nothing in the log could be like it."
    named = args.store or (None if args.command == "demo" else os.environ.get("WORKBENCH_STORE"))
    if named and os.path.exists(named) and not os.path.isdir(named):
        return f"{named} is a file, and a store is a folder; name one with --store DIR."
    return None


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:  # half a surrogate pair: a byte of the shell's that is no UTF-8
        return False
    return True


def _words(args: argparse.Namespace, error: OSError) -> str:
    """What the system would not do, to what."""
    from runtime.store import Store

    why, where = error.strerror or str(error), str(error.filename or "")
    root = str(Store(args.store).root)
    if error.errno in UNWRITABLE and (where == root or where.startswith(f"{root}{os.sep}")):
        return f"the store {root} cannot be written to, or not by you: {why} ({os.path.relpath(where, root)})."
    return f"{where}: {why}" if where else why


if __name__ == "__main__":
    raise SystemExit(main())
