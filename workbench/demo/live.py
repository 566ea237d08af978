"""The part of the demo that is live: while somebody looks, one session goes on being written, as its story goes on.

It is a writer like any other: it holds the session's lock, appends durably, and is followed through the log alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from runtime.errors import WorkbenchError
from runtime.event import Draft
from runtime.log import FileLog
from runtime.store import Store
from workbench.demo.store import WATCHING

HURRY = 16
"""How many times as fast as its own clock the story goes."""
LONGEST_PAUSE_SECONDS = 1.5


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """Write while the block runs. Where another demo writes already, just watch it."""
    script = WATCHING.script()
    try:
        log = store.writer(script.session_id)
    except WorkbenchError:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_write, args=(log, script.drafts, over), name="demo", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        log.close()


def _write(log: FileLog, drafts: Sequence[Draft], over: threading.Event) -> None:
    """The rest of the story, event by event, until it is told or ``over``."""
    before_us = drafts[log.next_seq - 1].time_us or 0
    for draft in drafts[log.next_seq :]:
        now_us = draft.time_us or before_us
        if over.wait(min(LONGEST_PAUSE_SECONDS, (now_us - before_us) / HURRY / 1_000_000)):
            return
        log.append([draft])
        before_us = now_us
