"""What a part of the soak did and found; and the ledger that says what must be there."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.errors import WorkbenchError
from runtime.store import Store


@dataclass
class Outcome:
    """One line of the table."""

    part: str
    rounds: int = 0
    events: int = 0
    """Events that were acknowledged."""
    checks: int = 0
    """Sessions read back and compared with what was acknowledged."""
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    beside: str = ""
    skipped: str = ""


@dataclass
class Acknowledged:
    """What workers said was done, in their own words.

    ``+ SESSION SEQ ID`` an event was appended · ``- SESSION`` it is about to be deleted · ``= SESSION`` it was ·
    ``~ SESSION`` it is about to be made, perhaps again · ``i NAME`` an import of that file has returned
    """

    events: dict[str, dict[int, str]] = field(default_factory=dict)
    doomed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    remade: set[str] = field(default_factory=set)
    """Deleted, and then about to be made again: there may be one of that name, or not."""
    imported: list[str] = field(default_factory=list)
    count: int = 0

    def take(self, line: str) -> None:
        """Take a worker at its word."""
        kind, _, rest = line.partition(" ")
        if kind == "+":
            session_id, seq, event_id = rest.split(" ")
            if session_id in self.remade:
                self.remade.discard(session_id)
                self.doomed.discard(session_id)
            self.events.setdefault(session_id, {})[int(seq)] = event_id
            self.count += 1
        elif kind == "-":
            self.doomed.add(rest)
        elif kind == "=":
            self.gone.add(rest)
        elif kind == "~" and rest in self.gone:
            self.gone.discard(rest)
            self.remade.add(rest)
            self.events[rest] = {}
        elif kind == "i":
            self.imported.append(rest)

    def sessions(self) -> list[str]:
        """Sessions that must be there."""
        return [session_id for session_id in self.events if session_id not in self.doomed]

    def everyone(self) -> list[str]:
        """All sessions of which anything was said: to be there, or to be gone."""
        return list(dict.fromkeys([*self.events, *self.gone, *self.remade]))

    def check(self, store: Store, session_id: str) -> str | None:
        """What is wrong with one session, or None."""
        try:
            if session_id in self.gone:
                return f"{session_id} was deleted and is there" if store.exists(session_id) else None
            if session_id in self.doomed and not store.exists(session_id):
                return None
            with store.reader(session_id) as reader:
                found = [entry.id for entry in reader.entries()]
                listed = [row.id for row in reader.rows(0, reader.count)]
            said = self.events.get(session_id, {})
            lost = {seq: event_id for seq, event_id in said.items() if found[seq : seq + 1] != [event_id]}
            if lost:
                return f"{session_id}: acknowledged and not there: {dict(list(lost.items())[:3])} of {len(found)}"
            if len(set(found)) != len(found) or listed != found:
                return f"{session_id}: {len(found)} events, {len(set(found))} different, {len(listed)} listed"
            if store.verify(session_id) != len(found):
                return f"{session_id}: verify counts otherwise than {len(found)}"
        except WorkbenchError as error:
            return f"{session_id}: {type(error).__name__}: {error}"
        return None
