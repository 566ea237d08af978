"""The terminal goes away: whatever was open ends with it."""

from __future__ import annotations

import signal

import pytest

from runtime.store import Store
from tests.support.driver import session_called
from tests.support.terminal import Terminal, workbench


@pytest.mark.parametrize("keys", [b"", b"G", b";select count(*) from range(100000000000);\r"])
def test_the_app_ends_when_its_window_is_closed(demo_store: Store, keys: bytes) -> None:
    """Nobody could press q any more; it would keep a processor busy, reading nothing; and has no shell to tell it."""
    terminal = Terminal(
        workbench("open", session_called(demo_store, "Fix the flaky"), "--store", str(demo_store.root.absolute()))
    )
    terminal.read(20, 0.5)
    terminal.press(keys)
    assert b"flaky" in terminal.written
    assert terminal.hang_up() in (0, 1, -signal.SIGHUP)
