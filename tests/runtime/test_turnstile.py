"""The turnstile: how many are in, who is next, and that nobody who gives up keeps a place."""

from __future__ import annotations

import signal
import threading

import pytest

from runtime.turnstile import Turnstile

PATIENCE = 10.0


class Visitor(threading.Thread):
    """Somebody who goes in, says so, and stays until told to leave."""

    def __init__(self, turnstile: Turnstile, arrived: list[int], number: int) -> None:
        super().__init__(daemon=True)
        self.turnstile, self.arrived, self.number = turnstile, arrived, number
        self.inside, self.leave = threading.Event(), threading.Event()

    def run(self) -> None:
        with self.turnstile:
            self.arrived.append(self.number)
            self.inside.set()
            self.leave.wait(PATIENCE)


def queue(turnstile: Turnstile, count: int) -> tuple[list[Visitor], list[int]]:
    """``count`` visitors, each of whom is in, or stands in the queue, before the next comes."""
    arrived: list[int] = []
    visitors = [Visitor(turnstile, arrived, number) for number in range(count)]
    for number, visitor in enumerate(visitors):
        visitor.start()
        while len(arrived) + len(turnstile._waiting) <= number:
            visitor.inside.wait(0.001)
    return visitors, arrived


def test_so_many_are_in_and_whoever_came_first_goes_first() -> None:
    visitors, arrived = queue(Turnstile(2), 6)
    for leaving in range(4):
        assert visitors[leaving].inside.wait(PATIENCE)
        assert visitors[leaving + 1].inside.wait(PATIENCE)
        assert arrived == list(range(leaving + 2)), "no more are in than may be, and in their order"
        visitors[leaving].leave.set()
    for visitor in visitors:
        visitor.leave.set()
        visitor.join(PATIENCE)
    assert arrived == list(range(6))


def test_an_error_inside_gives_the_place_back() -> None:
    turnstile = Turnstile(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turnstile:
            raise ZeroDivisionError
    with turnstile:
        assert turnstile._free == 0
    assert turnstile._free == 1


def test_whoever_is_interrupted_while_waiting_leaves_the_queue() -> None:
    """Ctrl+c reaches the main thread in the queue; the place goes to whoever is behind it, and none is lost."""
    turnstile = Turnstile(1)
    [holder], _ = queue(turnstile, 1)

    def interrupt() -> None:
        while not turnstile._waiting:
            holder.leave.wait(0.001)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt), turnstile:
        raise AssertionError("nobody may be in")
    assert not turnstile._waiting
    holder.leave.set()
    holder.join(PATIENCE)
    with turnstile:
        assert turnstile._free == 0
    assert turnstile._free == 1
