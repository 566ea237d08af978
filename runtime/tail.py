"""An open segment as a reader sees it: its lines so far, checked as they come, and what is added to them."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.errors import Corrupt
from runtime.event import Row, RowBuilder
from runtime.manifest import Segment
from runtime.segment import Entry, entry_of, follow

READ_BYTES = 4 * 1024 * 1024


class OpenTail:
    """An open segment as far as it was read: its rows, and where each line stands."""

    def __init__(self, folder: Path, session_id: str, segment: Segment, turn: tuple[int, bool] | None) -> None:
        """``turn`` is the turn before its first event and whether it is going on; None if that is yet to be said."""
        self.path = folder / f"{segment.name}.jsonl"
        self.session_id, self.segment, self.turn = session_id, segment, turn
        self._descriptor = -1
        self._restart()

    def _restart(self) -> None:
        self.rows: list[Row] = []
        self.chain = bytes.fromhex(self.segment.chain)
        self._places: list[tuple[int, int]] = []
        self._size = 0
        self._builder: RowBuilder | None = None

    @property
    def stop(self) -> int:
        """Seq after the last event read."""
        return self.segment.first + len(self.rows)

    def turn_after(self) -> tuple[int, bool]:
        """The turn after the last event read."""
        if self._builder is None:
            return self.turn or (0, False)
        return self._builder.turn, self._builder.in_turn

    def read(self) -> None:
        """Take in lines that were added since; one without its end waits. FileNotFoundError if it was sealed."""
        if self._descriptor < 0:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._read_on()
        except Corrupt:
            if not self.rows:
                raise
            self._restart()  # a write that failed was undone: lines seen before, never acknowledged, are others now
            self._read_on()
        if len(self.rows) < self.segment.least:
            what = f"{len(self.rows)} events where there were {self.segment.least}: its end was cut off"
            raise Corrupt(self.session_id, self.stop, str(self.path), what)

    def _read_on(self) -> None:
        if self._builder is None:
            self._builder = RowBuilder(self.session_id, *(self.turn or (0, False)))
        while grown := os.pread(self._descriptor, READ_BYTES, self._size):
            whole = grown.rfind(b"\n") + 1
            if not whole and len(grown) == READ_BYTES:
                grown = os.pread(self._descriptor, os.fstat(self._descriptor).st_size - self._size, self._size)
                whole = grown.rfind(b"\n") + 1
            if not whole:
                return
            self._take(grown[:whole])
        if self._size and os.fstat(self._descriptor).st_size < self._size:
            raise Corrupt(self.session_id, self.stop - 1, str(self.path), "the file was cut off")

    def _take(self, data: bytes) -> None:
        assert self._builder is not None
        for line in data.split(b"\n")[:-1]:
            entry = follow(line, self.session_id, self.stop, self.chain, self.path)
            self.rows.append(self._builder.row(entry.seq, entry.draft(), len(entry.payload), entry.chain))
            self.chain = entry.chain
            self._places.append((self._size, len(line)))
            self._size += len(line) + 1

    def entry(self, seq: int) -> Entry:
        """Everything stored of event ``seq``."""
        offset, length = self._places[seq - self.segment.first]
        try:
            return entry_of(os.pread(self._descriptor, length, offset))
        except ValueError as error:
            raise Corrupt(self.session_id, seq, str(self.path), str(error)) from None

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
