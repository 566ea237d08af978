"""A slow link between a program and whoever sits before it: half a round trip each way, so many bytes a second back."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Queue

PIECE_BYTES = 1_400
"""Of one packet."""


@dataclass(frozen=True, slots=True)
class Link:
    """How slow."""

    round_trip_seconds: float
    bytes_per_second: int


def stretched(terminal: int, link: Link) -> int:
    """A descriptor that is as far away from ``terminal`` as the link is long."""
    near, far = socket.socketpair()
    near_end, far_end = near.detach(), far.detach()
    half = link.round_trip_seconds / 2

    def carried(data: bytes) -> None:
        time.sleep(len(data) / link.bytes_per_second)  # nothing more is taken from the program meanwhile

    _carry(terminal, far_end, half, carried)
    _carry(far_end, terminal, half, lambda data: None)
    return near_end


def _carry(source: int, target: int, delay: float, carried: Callable[[bytes], None]) -> None:
    """Bring what comes out of one to the other, ``delay`` seconds late; in two threads that end with either."""
    under_way: Queue[tuple[float, bytes]] = Queue()

    def take() -> None:
        while data := _read(source):
            under_way.put((time.perf_counter() + delay, data))
            carried(data)
        under_way.put((0.0, b""))

    def bring() -> None:
        while True:
            due, data = under_way.get()
            if not data:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                os.write(target, data)
            except OSError:
                return

    for work in (take, bring):
        threading.Thread(target=work, daemon=True).start()


def _read(source: int) -> bytes:
    try:
        return os.read(source, PIECE_BYTES)
    except OSError:
        return b""
