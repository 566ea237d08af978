"""Time and identity: the only door to either.

Ids carry the API's prefixes. Those made here for live things sort by the time they were made; those of imported
things are a hash of what they came from, so that the same record always becomes the same event.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from hashlib import blake2b

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: sorts as its numbers do
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]

_lock = threading.Lock()
_last_us = 0


def now_us() -> int:
    """Microseconds since the epoch, UTC."""
    return time.time_ns() // 1_000


def new_id(prefix: str) -> str:
    """A fresh id such as ``sevt_0c5w…``: 10 characters of time (µs), 10 of chance; never decreasing in a process."""
    global _last_us
    with _lock:
        _last_us = max(now_us(), _last_us + 1)
        moment = _last_us
    return f"{prefix}_{_base32(moment << 50 | int.from_bytes(os.urandom(7), 'big') >> 6)}"


def derived_id(prefix: str, *parts: str | int) -> str:
    """An id that is a function of ``parts``: 64 bits of their hash in hex. The same parts always give the same id."""
    text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return f"{prefix}_{blake2b(text, digest_size=8).hexdigest()}"


def _base32(number: int) -> str:
    """The low 100 bits of ``number`` as 20 characters."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(90, -1, -10)])


def iso(time_us: int | None) -> str | None:
    """``2026-11-20T13:45:20.123456Z``, as the API writes times."""
    if time_us is None:
        return None
    seconds, micros = divmod(time_us, 1_000_000)
    try:
        head = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return None
    return f"{head}.{micros:06d}Z"


def parse_iso(text: object) -> int | None:
    """Microseconds of an ISO 8601 time; a time without a zone counts as UTC; anything else is None."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
