"""A full disk in the middle of everything: it is named, nothing acknowledged is lost, and all goes on after.

Full of bytes first, and then of files: what is there can grow, and nothing can be made.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import SessionBusy, StoreError, WorkbenchError
from runtime.event import Draft
from runtime.ingest.paths import import_paths
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.soak.outcome import Acknowledged, Outcome
from tests.support.builders import START_US, message, story
from tests.support.surviving import doubled, everything, surviving_events
from tests.support.transcripts import write_transcripts

MEGABYTES = 8
FILES = 1_000


class NotPermitted(Exception):
    """Nobody here may mount anything."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a few megabytes, mounted in ``folder``."""
    place = folder / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        raise NotPermitted("only root can mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,nr_inodes={FILES},mode=0700", "tmpfs", str(place)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NotPermitted(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def disk(folder: Path, seed: int, rounds: int) -> Outcome:
    """Fill the disk and free it again, so many times."""
    outcome = Outcome("disk")
    try:
        with small_disk(folder) as place:
            for number in range(max(1, rounds // 20)):
                try:
                    Full(place, folder, seed + number, outcome).round()
                except (WorkbenchError, OSError) as error:
                    outcome.failures.append(f"seed {seed + number}: {error!r}")
                outcome.rounds += 1
    except NotPermitted as refused:
        outcome.skipped = str(refused)
    outcome.beside = f"a tmpfs of {MEGABYTES} MiB and {FILES:,} files"
    return outcome


class Full:
    """One round."""

    def __init__(self, place: Path, folder: Path, seed: int, outcome: Outcome) -> None:
        self.place, self.outcome, self.seed = place, outcome, seed
        self.words, self.known = random.Random(seed), Acknowledged()
        self.ballast, self.crumbs = place / "ballast", place / "crumbs"
        self.store = Store(place / f"store{seed}").prepare()
        self.transcripts = write_transcripts(folder / f"transcripts{seed}", range(12), exchanges=3)
        reference = Store(folder / f"reference{seed}")
        import_paths(reference, self.transcripts, processes=1)
        self.wanted = everything(reference)

    def round(self) -> None:
        """Write until nothing fits, try everything else, free some, see that all is there and goes on; clear up."""
        session_id = "sesn_full"
        with self.store.create(Manifest(session_id, created_us=START_US)) as log:
            log._seal_rows = self.words.choice((20, 1_000_000))
            for number in range(30):
                self._append(log, story(number, 1))
            self._fill()
            self._append_until_full(log)
            self._refused("sealing", log.seal, "sesn_full")
            self._refused("another session", lambda: self.store.create(Manifest("sesn_other")), "full")
            self._refused("a blob", lambda: self.store.blobs.put(self.words.randbytes(300_000)), "blob")
            self._refused("an import", lambda: import_paths(self.store, self.transcripts, processes=1), "full")
            self._problem_of_upkeep()
            self._check("while the disk is full")
            self.ballast.unlink()
            self._append(log, [message(7_000_000 + self.seed)])
            log.seal()
            self._append(log, [message(8_000_000 + self.seed)])
            self._without_files(log)
        self._goes_on()
        shutil.rmtree(self.store.root)
        self.outcome.events += self.known.count

    def _append(self, log: FileLog, drafts: Sequence[Draft]) -> None:
        for seq, draft in zip(log.append(drafts), drafts):
            self.known.take(f"+ {log.session_id} {seq} {draft.payload['id']}")

    def _without_files(self, log: FileLog) -> None:
        """Nothing can be made any more, not even a lock: that is named, and what is open can be written to."""
        self.crumbs.mkdir()
        for number in range(os.statvfs(self.place).f_favail - self.words.randrange(3)):
            (self.crumbs / str(number)).touch()
        self._append(log, [message(8_500_000 + self.seed)])
        self._refused("sealing", log.seal, "sesn_full")
        self._refused("another session", lambda: self.store.create(Manifest("sesn_third")), "full")
        self._refused("a blob", lambda: self.store.blobs.put(b"small"), "blob")
        self._refused("deleting", lambda: self.store.delete("sesn_full"), "full", or_else=SessionBusy)
        self._refused("an import", lambda: import_paths(self.store, self.transcripts, processes=1), "full")
        self._problem_of_upkeep()
        self._check("while no file can be made")
        shutil.rmtree(self.crumbs)
        self._append(log, [message(9_000_000 + self.seed)])

    def _fill(self) -> None:
        """Leave a little room, another little each time."""
        free = os.statvfs(self.place).f_bavail * os.statvfs(self.place).f_frsize
        with open(self.ballast, "wb") as file:
            file.write(bytes(max(0, free - self.words.randrange(20_000, 200_000))))

    def _append_until_full(self, log: FileLog) -> None:
        refused = 0
        for number in range(100_000, 200_000):
            drafts = [
                message(number * 10 + step, "x" * self.words.randrange(5_000))
                for step in range(self.words.randint(1, 3))
            ]
            try:
                self._append(log, drafts)
            except StoreError as error:
                self._judge("appending", str(error), log.session_id)
                refused += 1
                if refused == 3:
                    return
        self._fail("the disk never was full")

    def _refused(
        self, what: str, act: Callable[[], object], names: str, or_else: type[Exception] | tuple[()] = ()
    ) -> None:
        try:
            done = act()
        except or_else:
            return
        except WorkbenchError as error:
            self._judge(what, str(error), names)
        except OSError as error:
            self._fail(f"{what}: a bare {error!r}")
        else:
            close = getattr(done, "close", None)
            if close:
                close()  # it fitted after all: an empty session, say

    def _judge(self, what: str, words: str, names: str) -> None:
        self.outcome.checks += 1
        if "disk is full" not in words or names not in words:
            self._fail(f"{what}: {words!r} does not name the disk and {names}")

    def _problem_of_upkeep(self) -> None:
        try:
            problems = maintain(self.store, many=1, idle_us=-(10**9)).problems
        except WorkbenchError as error:
            problems = [str(error)]
        self.outcome.checks += 1
        if any("disk is full" not in problem for problem in problems):
            self._fail(f"upkeep: {problems}")

    def _check(self, when: str) -> None:
        for session_id in self.known.events:
            self.outcome.checks += 1
            if wrong := self.known.check(Store(self.store.root), session_id):
                self._fail(f"{when}: {wrong}")

    def _goes_on(self) -> None:
        """With room again, everything that was refused is done."""
        store = Store(self.store.root)
        self._check("after it was freed")
        report = import_paths(store, self.transcripts, processes=1)
        again = import_paths(store, self.transcripts, processes=1)
        if again.events or report.rejected or len(store.session_ids()) < len(self.transcripts) + 1:
            self._fail(f"the import did not go on: {report.rejected[:2]}, {again.events} events again")
        for session_id, said in self.wanted.items():
            self.outcome.checks += 1
            if surviving_events(store, session_id) != said or doubled(store, session_id):
                self._fail(f"{session_id} was imported and says something else")
        problems = maintain(store, many=1, idle_us=-(10**9), grace_us=0).problems
        problems += [what for _, what in check_frames(SourceArchive(store))]
        for problem in problems:
            self._fail(f"after it was freed: {problem}")
        for session_id in store.session_ids():
            store.verify(session_id)
        self._check("after upkeep")

    def _fail(self, words: str) -> None:
        self.outcome.failures.append(f"seed {self.seed}: {words}")
