"""From the shell: the first words of ``--help``, and the app's first paint on a stored session."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.budgets.bench import Bench, command
from tests.budgets.outcome import Outcome, of_runs
from tests.budgets.programs import run, seconds_of
from tests.budgets.stores import demo_store, telling
from tests.budgets.terminal import Terminal

FAMILY = "startup"
HELP_SECONDS, PAINT_SECONDS = 0.15, 0.5


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    bare_words, help_words = [sys.executable, "-c", "pass"], command("--help")
    run(help_words)
    bare, helped = [], []
    for _ in range(bench.sizes.runs * 2):
        bare.append(run(bare_words).seconds)
        helped.append(run(help_words).seconds)
    floor = of_runs(FAMILY, "python -c pass", "s", bare)
    yield floor
    ratio = f"{of_runs('', '', '', helped).value / floor.value:.1f}× the bare interpreter"
    yield of_runs(FAMILY, "workbench --help", "s", helped, HELP_SECONDS, beside=ratio)
    yield of_runs(
        FAMILY, "python -c 'import textual.app'", "s", seconds_of([sys.executable, "-c", "import textual.app"], 3)
    )
    yield from _paint(bench)


def _paint(bench: Bench) -> Iterator[Outcome]:
    store = demo_store(bench)
    biggest = max(store.summaries(), key=lambda summary: summary.sums.events)
    with store.reader(biggest.session_id) as reader:
        text = telling(reader.rows(max(0, reader.count - 12), reader.count))
    words = command("open", biggest.session_id, "--store", str(store.root))
    what = f"open a stored session of {biggest.sums.events:,} events, first paint"
    yield of_runs(FAMILY, what, "s", paints(words, text, bench.sizes.runs), PAINT_SECONDS)
    title = biggest.manifest.title or ""
    words = command("open", "--store", str(store.root))
    yield of_runs(
        FAMILY,
        "open the list of sessions, first paint",
        "s",
        paints(words, title[:20], bench.sizes.runs),
        PAINT_SECONDS,
    )


def paints(words: list[str], text: str, runs: int) -> list[float]:
    """Seconds from exec until ``text`` is on the screen, run by run after one that does not count."""
    took = []
    for _ in range(runs + 1):
        with Terminal(words) as terminal:
            took.append(terminal.until(lambda screen: text in screen.text()) - terminal.begun)
    return took[1:]
