"""What worker processes of the soak do until their stdin closes or they are killed.

``python -m tests.soak.work KIND STORE SEED …`` is one of them. Each says on stdout what was acknowledged
(`tests.soak.outcome.Acknowledged`), after it was and not before.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from runtime.errors import MaintenanceBusy, SessionBusy, SessionNotFound, WorkbenchError
from runtime.event import Draft
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.reader import LogReader
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import START_US, story
from tests.support.transcripts import native_id, write_transcripts

FORGOTTEN = 1_000
"""From this seed on, transcripts are imported to be deleted."""

_over = threading.Event()
_graces = [3_600_000_000]
"""How long upkeep leaves what does not count: an hour, as it should; 0 too where nobody asks in SQL (``rough``)."""


def say(line: str) -> None:
    """A whole line at once: a pipe keeps what was written before a kill."""
    os.write(1, f"{line}\n".encode())


def until_over() -> Iterator[int]:
    """Count until somebody has had enough."""
    number = 0
    while not _over.is_set():
        yield number
        number += 1


class Pen:
    """Makes events nobody has made before, and says when they are in the log."""

    def __init__(self, seed: int) -> None:
        self.seed, self._made, self._lock = seed, 0, threading.Lock()

    def drafts(self, count: int, words: random.Random) -> list[Draft]:
        """``count`` events of all kinds, now and then a large one."""
        with self._lock:
            first, self._made = self._made, self._made + count
        made = []
        for number, draft in enumerate(story(first, count), first):
            payload = {**draft.payload, "id": f"sevt_{self.seed}_{number}"}
            if words.random() < 0.05:
                payload["more"] = "x" * words.randint(1, 60_000)
            made.append(draft._replace(payload=payload))
        return made

    def append(self, log: FileLog, drafts: Sequence[Draft]) -> None:
        """Append, then say so."""
        self.said(log, log.append(drafts), drafts)

    def append_sealed(self, log: FileLog, batches: Sequence[Sequence[Draft]]) -> None:
        """The same as sealed segments: each batch is durable when the next is asked for."""
        first = log.next_seq

        def one_by_one() -> Iterator[Sequence[Draft]]:
            seq = first
            for batch in batches:
                yield batch
                self.said(log, range(seq, seq + len(batch)), batch)
                seq += len(batch)

        log.append_sealed(one_by_one())

    def said(self, log: FileLog, seqs: range, drafts: Sequence[Draft]) -> None:
        """Say that these are in the log."""
        os.write(1, "".join(f"+ {log.session_id} {s} {d.payload['id']}\n" for s, d in zip(seqs, drafts)).encode())


def writer_of(store: Store, session_id: str) -> FileLog:
    """The writer of a session, made if there is none; upkeep and its like are waited for."""
    if store.exists(session_id):
        return store.writer(session_id, wait=True)
    try:
        return store.create(Manifest(session_id, created_us=START_US))
    except WorkbenchError:
        return store.writer(session_id, wait=True)


# ── kinds of work ────────────────────────────────────────────────────────────────────────────────────────────────────


def append(store: Store, seed: int) -> None:
    """Several threads append to one log in turn, segments are set aside all the time, and logs are opened anew."""
    pen, words = Pen(seed), random.Random(seed)
    for _ in until_over():
        with writer_of(store, f"sesn_live{words.randrange(3)}") as log:
            log._seal_rows = words.randint(3, 60)

            def write(own: random.Random, log: FileLog = log) -> None:
                for _ in range(own.randint(1, 12)):
                    pen.append(log, pen.drafts(own.choice((1, 1, 2, 7)), own))

            threads = [threading.Thread(target=write, args=(random.Random(words.random()),)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


def seal(store: Store, seed: int) -> None:
    """Appends and seals and appends sealed, and says what the session is about."""
    pen, words = Pen(seed), random.Random(seed)
    for number in until_over():
        with writer_of(store, f"sesn_sealed{words.randrange(3)}") as log:
            pen.append(log, pen.drafts(words.randint(1, 30), words))
            log.seal()
            if words.random() < 0.5:
                pen.append_sealed(log, [pen.drafts(words.randint(1, 40), words) for _ in range(words.randint(1, 3))])
            log.describe(title=f"after {number}", about={"round": number})
            pen.append(log, pen.drafts(1, words))


def pack(store: Store, seed: int) -> None:
    """Makes small sessions, packs them, wakes some, packs them again; removes at once what does not count."""
    pen, words, made = Pen(seed), random.Random(seed), []
    for number in until_over():
        for step in range(words.randint(1, 4)):
            made.append(f"sesn_small_{seed}_{number}_{step}")
            with writer_of(store, made[-1]) as log:
                pen.append(log, pen.drafts(words.randint(1, 20), words))
        upkeep(store, words)
        for session_id in words.sample(made, min(3, len(made))):
            with writer_of(store, session_id) as log:
                pen.append(log, pen.drafts(words.randint(1, 5), words))
                if words.random() < 0.5:
                    log.seal()


def upkeep(store: Store, words: random.Random) -> None:
    """A round of upkeep that finds everything due, or nothing."""
    try:
        report = maintain(
            store, idle_us=words.choice((-(10**9), 0, 600_000_000)), many=words.choice((1, 1, 64)),
            grace_us=words.choice(_graces),
        )  # fmt: skip
        for problem in report.problems:
            print(f"Traceback: {problem}", file=sys.stderr)  # read as a complaint
        say(f"* {report.packed} packed, {report.rewritten} rewritten, {report.removed} removed")
    except MaintenanceBusy:
        say("* somebody else does the upkeep")


def delete(store: Store, seed: int) -> None:
    """Makes sessions and deletes them, open, sealed or packed; now and then makes one again under its old name."""
    pen, words = Pen(seed), random.Random(seed)
    for number in until_over():
        session_id = f"sesn_brief_{seed}_{words.randrange(6)}"
        say(f"~ {session_id}")
        with writer_of(store, session_id) as log:
            pen.append(log, pen.drafts(words.randint(1, 10), words))
            if words.random() < 0.7:
                log.seal()
        if words.random() < 0.4:
            upkeep(store, words)
        if number % 3:
            say(f"- {session_id}")
            delete_it(store, session_id)
            say(f"= {session_id}")
        if words.random() < 0.2:
            upkeep(store, words)


def delete_it(store: Store, session_id: str) -> None:
    """Delete a session; whoever holds it lets it go in a moment."""
    while True:
        try:
            return store.delete(session_id)
        except SessionBusy:
            store.lock(session_id, wait=True).release()


def import_(store: Store, seed: int, folder: str) -> None:
    """Imports the files of a folder a few at a time, each first as half of what it will be."""
    from runtime.ingest.paths import import_paths

    words, paths = random.Random(seed), sorted(Path(folder).rglob("*.whole"))
    for _ in until_over():
        some = words.sample(paths, min(len(paths), words.randint(1, 12)))
        targets = [path.with_suffix(".jsonl") for path in some]
        for path, target in zip(some, targets):
            data = path.read_bytes()
            if not target.exists():
                target.write_bytes(data[: words.randrange(len(data))])
        import_paths(store, targets, processes=1)
        for path, target in zip(some, targets):
            target.write_bytes(path.read_bytes())
        import_paths(store, targets, processes=1)
        for path in some:
            say(f"i {path.stem}")


def forget(store: Store, seed: int, folder: str) -> None:
    """Imports transcripts of its own and deletes them again: sources are written anew while others read them."""
    from runtime.ingest.paths import import_paths

    words, made = random.Random(seed), list[str]()
    first = FORGOTTEN + seed % 1_000 * 4
    paths = write_transcripts(Path(folder) / f"own{seed}", range(first, first + 4))
    for _ in until_over():
        for session_id in made:
            say(f"~ {session_id}")
        made = [session["session_id"] for session in import_paths(store, paths, processes=1).sessions]
        assert len(made) == len(paths), f"{made}: what was deleted comes again, whole"
        say(f"* {len(made)} imported to be deleted")
        for session_id in made:
            say(f"- {session_id}")
            delete_it(store, session_id)
            say(f"= {session_id}")
        if words.random() < 0.5:
            upkeep(store, words)


def read(store: Store, seed: int) -> None:
    """Lists, opens, polls and checks, and never fails; ends with a complaint if an event changes that was there."""
    words, readers, rounds = random.Random(seed), {}, 0
    for rounds in until_over():
        if 0 not in _graces and rounds % 8 == 0:
            ask(store)
        names = [summary.session_id for summary in store.summaries() if not complained(summary.damage)]
        assert len(names) == len(set(names)), "a session is listed twice"
        for session_id in words.sample(names, min(2, len(names))):
            if session_id not in readers:
                try:
                    readers[session_id] = Watched(store, session_id)
                except SessionNotFound:
                    continue  # deleted meanwhile
        for session_id, watched in list(readers.items()):
            if not watched.look(words) or len(readers) > 8:
                readers.pop(session_id).reader.close()
        say(f"* {rounds}")
    say(f"* done after {rounds} rounds")


def ask(store: Store) -> None:
    """In SQL, every session has its events from the first to the last, each once."""
    from runtime.asking.query import Query

    with Query(store) as query:
        asked = "SELECT session_id, count(*), count(DISTINCT seq), max(seq) + 1 FROM event_rows GROUP BY session_id"
        wrong = [row for row in query.run(asked).rows() if len(set(row[1:])) != 1]
        assert not wrong, f"events that SQL sees twice, or not at all: {wrong}"


def complained(damage: str | None) -> bool:
    """Nothing is damaged here; so a session that says it is, is one."""
    assert damage is None, damage
    return False


@cache
def forgotten() -> frozenset[str]:
    """Native ids of all that `forget` imports."""
    return frozenset(native_id(seed, 0) for seed in range(FORGOTTEN, FORGOTTEN + 4_000))


class Watched:
    """A reader that remembers what it saw."""

    def __init__(self, store: Store, session_id: str) -> None:
        self.reader: LogReader = store.reader(session_id)
        self.brief = "_brief_" in session_id or self.reader.manifest.source.get("native_id") in forgotten()
        self.seen: dict[int, str] = {}

    def look(self, words: random.Random) -> bool:
        """Look again; False when the session is gone."""
        reader = self.reader
        try:
            count = reader.poll()
            start = words.randint(0, count)
            stop = min(count, start + words.randint(0, 50))
            rows = {row.seq: row.id for row in reader.rows(start, stop)}
            entries = {entry.seq: entry.id for entry in reader.entries(start, stop)}
        except SessionNotFound:
            assert self.brief, "a session is gone that nobody deleted"
            return False
        if self.brief:
            return True  # it may be another session of that name by now
        assert rows == entries and list(rows) == list(range(start, stop)), (start, stop, rows, entries)
        changed = {seq for seq, event_id in rows.items() if self.seen.get(seq, event_id) != event_id}
        assert not changed, f"events changed: {changed}"
        assert count >= len(self.seen) and all(seq < count for seq in self.seen), "events are gone"
        self.seen.update(rows)
        return True


KINDS: dict[str, Callable[..., None]] = {
    "append": append, "seal": seal, "pack": pack, "delete": delete, "import": import_, "forget": forget,
    "read": read,
}  # fmt: skip


def main(kind: str, store: str, seed: str, *more: str) -> None:
    """Work until told to stop."""

    def listen() -> None:
        while os.read(0, 1 << 10):
            continue
        _over.set()

    threading.Thread(target=listen, daemon=True).start()
    if "rough" in more:
        _graces.append(0)
    say("* up")
    KINDS[kind](Store(store).prepare(), int(seed), *(word for word in more if word != "rough"))


if __name__ == "__main__":
    main(*sys.argv[1:])
