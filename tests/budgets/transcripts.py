"""Claude Code transcripts in bulk: the shared real ones, multiplied, every id rewritten: no copy knows another."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

from tests.budgets.bench import Bench, shared
from tests.budgets.scripted import Words, bulk_transcripts, transcript

IDS = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?:toolu|msg|req)_[A-Za-z0-9]{10,40}"
)
SESSION = re.compile(rb'"sessionId":"[^"]*"')
ONE_SESSION = "7b1f0c52-93c1-4a57-8a0e-2f6d1f6f5a10"
SAME_TWICE = "growth"
"""A folder of one session at three ages: most of it is known already, which would flatter a rate."""


def transcript_set(bench: Bench) -> tuple[Path, str]:
    """A folder of about ``import_megabytes``, and what is in it."""
    wanted = bench.sizes.import_megabytes * 1_000_000
    source = shared("claude_code")
    path = bench.made(f"transcripts-{bench.sizes.import_megabytes}", lambda path: _multiply(source, path, wanted))
    return (
        path,
        "made-up transcripts (no shared ones here)" if source is None else "real transcripts multiplied, ids rewritten",
    )


def one_file(bench: Bench, megabytes: int) -> Path:
    """One session's file of so many megabytes."""
    folder = bench.made(f"one-file-{megabytes}", lambda path: _one_session(path, megabytes * 1_000_000))
    return folder / f"{ONE_SESSION}.jsonl"


def _multiply(source: Path | None, folder: Path, wanted: int) -> None:
    if source is None:
        bulk_transcripts(folder, wanted)
        return
    files = sorted(path for path in source.rglob("*") if path.is_file() and SAME_TWICE not in path.parts)
    made = copy = 0
    while made < wanted:
        rename = _renaming(copy)
        for path in files:
            name = IDS.sub(rename, str(path.relative_to(source)).encode()).decode()
            target = folder / f"copy-{copy:03d}" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            made += target.write_bytes(IDS.sub(rename, path.read_bytes()))
        copy += 1


def _one_session(folder: Path, wanted: int) -> None:
    """All lines of all sessions under one session's name, over and over with other ids."""
    source = shared("claude_code")
    files = sorted(source.rglob("*.jsonl"), key=lambda path: -path.stat().st_size)[:40] if source else []
    same = b'"sessionId":"%b"' % ONE_SESSION.encode()
    made = copy = 0
    with open(folder / f"{ONE_SESSION}.jsonl", "wb") as file:
        while made < wanted:
            rename = _renaming(copy)
            made_up = [] if files else [b"".join(transcript(copy, Words(copy), steps=120, characters=3_500)[1])]
            for piece in (*made_up, *(IDS.sub(rename, path.read_bytes()) for path in files)):
                made += file.write(SESSION.sub(same, piece).rstrip(b"\n") + b"\n")
            copy += 1


def _renaming(copy: int) -> Callable[[re.Match[bytes]], bytes]:
    """Another id of the same kind and length for each id, the same for the same."""
    salt = str(copy).encode()
    known: dict[bytes, bytes] = {}

    def rename(found: re.Match[bytes]) -> bytes:
        old = found[0]
        new = known.get(old)
        if new is None:
            new = known[old] = _other(old, md5(old + salt).digest())
        return new

    return rename


def _other(old: bytes, digest: bytes) -> bytes:
    if b"-" in old:
        text = digest.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])).encode()
    kind, _, name = old.partition(b"_")
    body = base64.b64encode(digest * 2, b"xy").replace(b"=", b"")
    return kind + b"_" + (body + body)[: len(name)]


def bytes_in(folder: Path) -> int:
    """Bytes of all files in a folder; reading them also has them in the page cache."""
    return sum(len(path.read_bytes()) for path in folder.rglob("*") if path.is_file())
