"""20,000 small sessions: importing their files, listing them, asking over all of them, and the list in the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from tests.budgets.bench import Bench, command
from tests.budgets.outcome import Outcome, of_runs
from tests.budgets.programs import run, seconds_of
from tests.budgets.scripted import TITLE, small_transcripts
from tests.budgets.startup import paints
from tests.budgets.stores import folder_bytes
from tests.budgets.transcripts import bytes_in

FAMILY = "many"
LIST_SECONDS, ASK_SECONDS, PAINT_SECONDS = 1.0, 2.0, 1.0
PER_DAY = """
    SELECT model, date_trunc('day', time) AS day, count(*) AS requests, sum(input_tokens) AS input,
           sum(output_tokens) AS output, sum(cache_read_tokens) AS read, sum(cache_write_tokens) AS written
    FROM events WHERE type = 'span.model_request_end' GROUP BY ALL ORDER BY day, model
"""


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    count = bench.sizes.sessions
    files = bench.made(f"small-{count}", lambda path: small_transcripts(path, count))
    size = bytes_in(files) / 1e6

    def make(path: Path) -> None:
        ran = run(command("import", str(files), "--store", str(path / "store"), "--json"), watch=True)
        report = orjson.loads(ran.stdout)
        (path / "took.json").write_bytes(
            orjson.dumps([ran.seconds, ran.peak_mb, report["events"], len(report["sessions"])])
        )

    made = bench.made(f"small-store-{count}", make)
    seconds, peak, events, sessions = orjson.loads((made / "took.json").read_bytes())
    assert sessions == count, f"{sessions} sessions came of {count} files"
    rates = f"{count / seconds:,.0f} files/s, {size / seconds:.0f} MB/s, {events / seconds:,.0f} events/s"
    beside = f"{rates}; most memory {peak:.0f} MB"
    yield of_runs(FAMILY, f"import of {count:,} files, {size:.0f} MB, {events:,} events", "s", [seconds], beside=beside)
    store, runs = str(made / "store"), bench.sizes.runs
    taken, parts = folder_bytes(made / "store"), len(list((made / "store" / "packs").glob("*.rows.parquet")))
    yield of_runs(FAMILY, "that store on disk", "MB", [taken / 1e6], beside=f"{parts} packs")
    listing = command("sessions", "--json", "--store", store)
    listed = run(listing).stdout.count(b"\n")
    yield of_runs(
        FAMILY, "workbench sessions --json", "s", seconds_of(listing, runs), LIST_SECONDS, beside=f"{listed:,} lines"
    )
    asking = command("sql", PER_DAY, "--json", "--store", store)
    answer = run(asking).stdout.count(b"\n")
    yield of_runs(
        FAMILY,
        "workbench sql: tokens per model per day",
        "s",
        seconds_of(asking, runs),
        ASK_SECONDS,
        beside=f"{answer:,} rows",
    )
    opening = command("open", "--store", store)
    yield of_runs(FAMILY, "the list's first paint", "s", paints(opening, TITLE, runs), PAINT_SECONDS)
    yield of_runs(FAMILY, "the list complete", "s", paints(opening, f"{count:,} sessions", max(3, runs // 2)))
