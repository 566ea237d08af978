"""Which files under some paths are transcripts, of which format, and which of them belong together."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime.export.detect import is_export
from runtime.importers.catalogue import importer, recognise
from runtime.importers.record import Importer, Sample
from runtime.importers.source import sample_of


@dataclass(frozen=True, slots=True)
class Found:
    """A file to import."""

    path: str
    """Absolute."""
    importer: Importer | None
    """None where no format recognised it."""
    group: str
    """Files of one group may belong to one session, and are imported together."""
    bytes: int
    named: bool
    """It was given itself, not found in a folder."""
    problem: str | None = None
    """Why it could not even be looked at."""
    exported: bool = False
    """It holds sessions of the workbench itself, to be restored (`runtime.export.restore`)."""


def discover(paths: Iterable[str | Path], format: str | None = None, *, known: Container[str] = ()) -> Iterator[Found]:
    """Every file under ``paths``, in natural order, with the importer it belongs to (or the one ``format`` names).

    Files whose absolute path is ``known`` are passed over without being opened. What is not there, or cannot be read,
    is found too, with its problem: it must not keep the rest from being imported.
    """
    forced = importer(format) if format else None
    seen: set[str] = set()
    for path in paths:
        absolute = os.path.abspath(path)
        if os.path.isdir(absolute):
            unreadable: list[OSError] = []
            for name in _walk(absolute, unreadable):
                if name not in known and name not in seen:
                    seen.add(name)
                    yield _look(name, forced, named=False)
            for error in unreadable:
                yield _problem(str(error.filename), f"cannot be read: {error.strerror}", named=False)
        elif absolute not in known and absolute not in seen:
            seen.add(absolute)
            yield _look(absolute, forced, named=True)


def in_groups(found: Iterable[Found]) -> list[list[Found]]:
    """Files that may share a session together, main files before their subagents'; groups in order of first mention."""
    groups: dict[str, list[Found]] = {}
    for item in found:
        groups.setdefault(item.group, []).append(item)
    return [sorted(group, key=lambda item: (_is_subagent(item.path), natural(item.path))) for group in groups.values()]


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key under which ``9.json`` comes before ``10.json``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def _walk(folder: str, unreadable: list[OSError]) -> Iterator[str]:
    for where, folders, files in os.walk(folder, onerror=unreadable.append):
        folders.sort(key=natural)
        for name in sorted(files, key=natural):
            path = os.path.join(where, name)
            if os.path.isfile(path):  # no sockets, pipes or links that lead nowhere
                yield path


def _look(path: str, forced: Importer | None, *, named: bool) -> Found:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return _problem(path, "is not a file but a pipe, a socket or a device", named=named)
        sample = sample_of(path)
    except FileNotFoundError:
        return _problem(path, "there is no such file or folder", named=named)
    except OSError as error:
        return _problem(path, f"cannot be read: {error.strerror}", named=named)
    if forced is None and is_export(path, sample.head):
        return Found(path, None, path, status.st_size, named, exported=True)
    chosen = forced or (recognise(sample) if status.st_size else None)
    return Found(path, chosen, _group(path, sample, chosen), status.st_size, named)


def _problem(path: str, what: str, *, named: bool) -> Found:
    return Found(path, None, path, 0, named, what)


def _group(path: str, sample: Sample, chosen: Importer | None) -> str:
    """What files of one session have in common: the session's id in the first line, or the folder it owns."""
    parent = os.path.dirname(path)
    if chosen is None:
        return path
    if chosen.format == "claude_code":
        for part in reversed(Path(path).parts[-4:]):
            if _UUID.fullmatch(part.removesuffix(".jsonl")):
                return f"{chosen.format}:{part.removesuffix('.jsonl')}"
        if isinstance(sample.first, dict) and isinstance(sample.first.get("sessionId"), str):
            return f"{chosen.format}:{sample.first['sessionId']}"
    if os.path.basename(parent) == "events":
        return f"{chosen.format}:{parent}"
    return path


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _is_subagent(path: str) -> bool:
    return os.path.basename(path).startswith("agent-") or os.sep + "subagents" + os.sep in path
