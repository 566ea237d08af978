"""Ways out of the app: the clipboard, an editor, a pager, any command.

What goes to a clipboard leaves: secrets in it are masked (`runtime.secrets`). An editor, a pager and a command are
whoever is looking, so they get it as it is stored; only that no character in it can act on their terminal.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from runtime.secrets import mask_text
from workbench.output import safe
from workbench.view import words

OSC_52_CHARACTERS = 74_000
"""Terminals take a sequence of about so many characters; a longer one is dropped without a word."""
CLIPBOARD_SECONDS = 5

_CLIPBOARDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("pbcopy",)),
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
)
"""Programs that copy, and the variable without which they have nowhere to copy to."""


class Masked(NamedTuple):
    """A text that may leave, and how many secrets were masked in it."""

    text: str
    secrets: int


def masked(text: str) -> Masked:
    """``text`` without the secrets in it."""
    found, counts = mask_text(text)
    return Masked(found, sum(counts.values()))


def osc_52(text: str) -> str:
    """What asks a terminal to copy: nothing of ``text`` is in it but base64. Empty where that is too long."""
    data = b64encode(text.encode("utf-8", "replace")).decode("ascii")
    return f"\x1b]52;c;{data}\x07" if len(data) <= OSC_52_CHARACTERS else ""


def copied(what: str, text: Masked, write: Callable[[str], None], name: str) -> str:
    """Copy ``text`` in the best way there is, and say which: through the terminal, by a program, else into a file."""
    said = f"; {words.count(text.secrets, 'secret')} masked" if text.secrets else ""
    sequence = osc_52(text.text)
    if sequence:
        write(sequence)
        return f"{what} copied through the terminal (OSC 52){said}"
    data = text.text.encode("utf-8", "replace")
    program = _copy_by_program(data, os.environ)
    if program:
        return f"{what} copied by {program}{said}"
    return f"{what} is too large for the terminal's clipboard, so it is in {safe(str(write_file(name, data)))}{said}"


def _copy_by_program(data: bytes, environment: Mapping[str, str]) -> str:
    """The program that took ``data``; empty if none is here or none could."""
    for variable, command in _CLIPBOARDS:
        if (variable and not environment.get(variable)) or shutil.which(command[0]) is None:
            continue
        try:
            # not captured: what xclip leaves running to serve the clipboard would hold a pipe open
            subprocess.run(
                command, input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                timeout=CLIPBOARD_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            continue
        return command[0]
    return ""


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_file(name: str, data: bytes) -> Path:
    """``data`` in a new file that nobody else may read and nobody should write; ``name`` is how it ends up called."""
    path = Path(tempfile.mkdtemp(prefix="workbench-")) / file_name(name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(data)
    return path


def file_name(name: str) -> str:
    """``name``, which may come from a log, as the name of a file and nothing else."""
    stem, dot, suffix = name.rpartition(".")
    kept = "".join(c for c in stem[:80] if c.isascii() and (c.isalnum() or c == "_"))
    return f"{kept or 'event'}{dot}{suffix}"


def remove_file(path: Path) -> None:
    """Leave nothing behind of what `write_file` made."""
    path.unlink(missing_ok=True)
    path.parent.rmdir()


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def editor(environment: Mapping[str, str], chosen: str = "") -> list[str]:
    """The editor that somebody has ``chosen`` in their settings, or for all programs, or the one that is everywhere."""
    return _chosen(chosen or environment.get("VISUAL") or environment.get("EDITOR"), "vi")


def pager(environment: Mapping[str, str], chosen: str = "") -> list[str]:
    """The pager that somebody has ``chosen`` in their settings, or for all programs, or the usual one."""
    return _chosen(chosen or environment.get("PAGER"), "less")


def _chosen(command: str | None, otherwise: str) -> list[str]:
    try:
        return shlex.split(command or "") or [otherwise]
    except ValueError:
        return [command or otherwise]


@contextmanager
def undisturbed() -> Iterator[None]:
    """While another program has the terminal, ctrl+c is for it. (Were it ignored here, it would be ignored there.)"""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def open_file(command: Sequence[str], name: str, data: bytes) -> str:
    """Show ``data`` with a program that has the terminal meanwhile; what went wrong, if anything did."""
    if shutil.which(command[0]) is None:
        return f"there is no program {safe(command[0])}"
    path = write_file(name, data)
    try:
        code = subprocess.run([*command, str(path)], check=False).returncode
    except OSError as error:
        return f"{safe(command[0])}: {safe(error.strerror or str(error))}"
    finally:
        remove_file(path)
    return f"{safe(command[0])} ended with {code}" if code else ""


def viewed(name: str, data: bytes, environment: Mapping[str, str]) -> str:
    """``data`` in a file of its own, shown by what the platform shows such files with, if there is a desktop; where."""
    path = write_file(name, data)
    place = f"in {safe(str(path))}"
    for variable, program in (("", "open"), ("WAYLAND_DISPLAY", "xdg-open"), ("DISPLAY", "xdg-open")):
        if (sys.platform == "darwin") != (program == "open") or (variable and not environment.get(variable)):
            continue
        if shutil.which(program) is not None:
            quiet = subprocess.DEVNULL
            subprocess.Popen([program, str(path)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
            return f"{place}, opened by {program}"
    return place


def pipe(command: str, data: bytes) -> str:
    """Give ``data`` to a shell's command, whose output stays on the terminal until enter is pressed; how it ended."""
    try:
        code = subprocess.run(command, shell=True, input=data, check=False).returncode
    except (OSError, ValueError) as error:
        return safe(f"{command}: {error}")
    sys.stderr.write("\n[enter leads back]")
    sys.stderr.flush()
    sys.stdin.readline()
    return f"{safe(command)} ended with {code}" if code else ""
