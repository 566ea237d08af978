"""How payloads look: each kind at three sizes, without what stands around them."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.store import Store
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen
from workbench.view.text import line_text
from workbench.widgets.bar import Bar

SEEK, UPLOADS = "Fix the flaky", "Which uploads"
KINDS = {
    "error": (SEEK, 7), "edit": (SEEK, 18), "request": (SEEK, 6), "thinking": (SEEK, 9), "said": (SEEK, 17),
    "colours": (UPLOADS, 5), "attack": (UPLOADS, 9), "wide": (UPLOADS, 21),
}  # fmt: skip


def pane(person: Person) -> str:
    """The payload's pane: its heading, then every line as it is wrapped."""
    screen = person.session
    bars = [screen.query_one(name, Bar) for name in ("#what", "#which")]
    heading = [line_text(bar.line(bar.size.width)) for bar in bars]
    return "\n".join(line.rstrip() for line in [*heading, *map(line_text, screen.reading.text._lines)]) + "\n"


@pytest.mark.parametrize("size", [(80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_payloads(demo_store: Store, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A command that failed, an edit, a request, a thought, a message; and text that would act on the terminal."""
    shown = []
    for kind, (title, seq) in KINDS.items():
        async with opened(demo_store, title, at=seq, size=size) as person:
            shown.append(f"── {kind}\n{pane(person)}")
    assert "\n".join(shown) == snapshot.use_extension(TextScreen)


@errand
async def test_the_heading_names_the_tab_and_what_there_is_not(demo_store: Store) -> None:
    """``Pair`` only where there may be one; the one that is shown stands out."""
    async with opened(demo_store, SEEK, at=0) as person:
        tabs = person.session.query_one("#which", Bar)
        assert line_text(tabs.right) == "Pretty  Raw" and ("Pretty", "accent") in tabs.right
        await person.press("r")
        assert ("Raw", "accent") in tabs.right and ("Pretty", "faint") in tabs.right
        await person.press("j", "j")
        assert line_text(tabs.right) == "Pretty  Raw  Pair"


@errand
async def test_a_counterpart_that_is_found_late_moves_nothing(demo_store: Store) -> None:
    """Whoever has scrolled stays where they are."""
    async with opened(demo_store, UPLOADS, at=30) as person:
        await person.press("tab", "ctrl+d", "ctrl+d")
        before = person.session.reading.text.scroll_offset.y
        sheet = person.session.reading.pane.sheet
        assert sheet is not None and before > 0
        person.session.reading.pane.show(sheet)
        await person.wait()
        assert person.session.reading.text.scroll_offset.y == before
