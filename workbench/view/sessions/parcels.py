"""Sessions written to files for somebody else, as ``workbench share`` and ``workbench export`` write them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from runtime.errors import StoreError, WorkbenchError
from runtime.store import Store
from workbench.view import words
from workbench.view.text import shown

SHARE, WAYS = "share", ("share", "jsonl", "parquet")
"""Masked, to be opened with ``workbench open FILE``; or as they are, to be imported again: a file each, or one."""


class Wish(NamedTuple):
    """How, and into which folder."""

    way: str
    folder: Path


class Parcel(NamedTuple):
    """A session that was written."""

    path: Path
    masked: int


def wish(text: str) -> Wish:
    """``share``, ``jsonl FOLDER`` …; raises `WorkbenchError` where it is none of these."""
    way, _, folder = text.strip().partition(" ")
    if way not in WAYS:
        raise WorkbenchError(f"{way or 'nothing'} is no way to write sessions: {', '.join(WAYS)} are, then a folder.")
    return Wish(way, Path(folder.strip() or ".").expanduser().absolute())


def parcels(
    store: Store, ids: Sequence[str], asked: Wish, on: Callable[[], bool], seq: int | None = None
) -> Iterator[Parcel]:
    """Write sessions, one after another, as long as ``on`` says so; one that is shared opens at event ``seq``."""
    from runtime.export.lines import open_archive, write_lines
    from runtime.export.shared import share
    from runtime.export.table import write_table
    from runtime.files import output_file

    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{asked.folder} cannot be made: {error.strerror}; name another folder.") from error
    if asked.way == "parquet":
        path = asked.folder / (f"{ids[0]}.parquet" if len(ids) == 1 else "sessions.parquet")
        yield from (Parcel(path, 0) for _ in write_table(store, (each for each in ids if on()), path))
        return
    archive = open_archive(store)
    for session_id in ids:
        if not on():
            return
        path = asked.folder / f"{session_id}.{asked.way}"
        if asked.way == SHARE:
            yield Parcel(path, sum(share(store, session_id, seq, path).masked.values()))
        else:
            with output_file(path) as file:
                write_lines(store, session_id, file.write, archive)
            yield Parcel(path, 0)


def told(asked: Wish, done: Sequence[Parcel], count: int, seq: int | None = None) -> str:
    """What is said of it: how many of ``count`` sessions are where, and what was masked; of one that opens at event
    ``seq``, how it is opened."""
    if not done:
        return "nothing was written"
    number = words.count(len(done), "session") if len(done) == count else f"{len(done):,} of {count:,} sessions"
    paths = {parcel.path for parcel in done}
    masked = f"{sum(parcel.masked for parcel in done):,} secrets and names" if asked.way == SHARE else "nothing"
    base, name = _short(paths.pop() if len(paths) == 1 else asked.folder)
    if seq is not None and asked.way == SHARE:
        return f"{masked} masked; this event opens with: workbench open {base}{shlex.quote(name)}"
    return f"{number}, {masked} masked, in {base}{name}"


def _short(path: Path) -> tuple[str, str]:
    """The path as it is shortest, from here or from home: what a shell has to expand, and the rest."""
    for base, sign in ((Path.cwd(), "./"), (Path.home(), "~/")):
        if path == base:
            return sign, ""
        if path.is_relative_to(base):
            return "" if sign == "./" else sign, shown(str(path.relative_to(base)))
    return "", shown(str(path))
