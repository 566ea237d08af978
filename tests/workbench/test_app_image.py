"""Images in the app: the picture where the terminal can, its description where it cannot, and not a byte besides."""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.store import Store
from tests.support.builders import add_session, message, new_store
from tests.support.driver import errand, opened
from tests.support.hostile import ATTACKS, MARKS
from tests.support.images import chunk, image_message, png
from tests.support.screens import TextScreen
from tests.support.terminal import Terminal, sequences, unfit, workbench
from workbench.external import viewed
from workbench.kept.settings import VARIABLE
from workbench.view.graphics.kitty import MARKS as PLACES
from workbench.view.graphics.kitty import PLACEHOLDER

TITLE = "Pictures"
EVIL = "".join(ATTACKS[name] for name in ("cursor", "mode", "clipboard", "title", "device", "c1"))
COMMENT = chunk(b"tEXt", b"Comment\0" + EVIL.encode())
HONEST, CORRUPT, LYING = 1, 2, 3
APC = re.compile(rb"\x1b_G([a-zA-Z0-9=,]+)(?:;([A-Za-z0-9+/=]*))?\x1b\\")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A session with images: one with something to hide, one that is corrupt, one that is no image."""
    store = new_store(tmp_path_factory.mktemp("pictures"))
    whole = png(320, 160)
    drafts = [
        message(0, "hello"),
        image_message(HONEST, png(320, 160, between=COMMENT), f"image/png{EVIL}"),
        image_message(CORRUPT, whole[:500] + bytes([whole[500] ^ 1]) + whole[501:]),
        image_message(LYING, f"iVBORw0KGgo{EVIL}"),
    ]
    add_session(store, "sesn_pictures", [drafts], title=TITLE)
    return store


def app(store: Store, seq: int, keys: list[bytes], folder: Path, setting: str, **environment: str) -> bytes:
    """Every byte that the app wrote between its start and its end."""
    settings = folder / "settings.toml"
    settings.write_text(f'images = "{setting}"\n')
    terminal = Terminal(
        workbench("open", f"sesn_pictures:{seq}", "--store", str(store.root)),
        environment={VARIABLE: str(settings), "COLORTERM": "truecolor", **environment},
    )
    terminal.read(30, 1.5)
    for key in keys:
        terminal.press(key)
    terminal.press(b"\x11")
    assert terminal.end(20) == 0
    return bytes(terminal.written)


def harmless(written: bytes, *allowed: str) -> str:
    """The text among what was written. Fails where a byte of the log acts on the terminal."""
    found, text = sequences(written)
    assert unfit(text, *allowed) == set()
    assert not any(mark in sequence for mark in MARKS for sequence in found)
    return text


def test_a_terminal_gets_the_picture_and_nothing_else_of_it(pictures: Store, tmp_path: Path) -> None:
    """The image as our own base64, without its comment; cells in its place; taken back before the end, once."""
    written = app(pictures, HONEST, [], tmp_path, "kitty")
    told = APC.findall(written)
    assert base64.b64decode(b"".join(data for _, data in told)) == png(320, 160)
    image = re.match(rb"a=T,U=1,q=2,f=100,i=(\d+),c=(\d+),r=(\d+),", told[0][0])
    assert image is not None
    text = harmless(APC.sub(b"", written), PLACEHOLDER)
    places = PLACES[: int(image[2])]
    high = PLACES[int(image[1]) >> 24]
    for row in range(int(image[3])):
        assert "".join(f"{PLACEHOLDER}{PLACES[row]}{place}{high}" for place in places) in text
    assert written.count(b"a=d,d=I,i=%s," % image[1]) == 1
    order = [written.index(part) for part in (b"a=T,", PLACEHOLDER.encode(), b"a=d,", b"\x1b[?1049l")]
    assert order == sorted(order)


def test_an_image_that_is_out_of_sight_is_taken_back(pictures: Store, tmp_path: Path) -> None:
    """With the next event; on the way back it is sent again, as another."""
    written = app(pictures, HONEST, [b"k", b"j", b"r"], tmp_path, "kitty")
    told = [control for control, _ in APC.findall(written) if control.startswith(b"a=")]
    images = [re.findall(rb"i=(\d+)", control)[0] for control in told]
    assert [control[:3] for control in told] == [b"a=T", b"a=d", b"a=T", b"a=d"]
    assert images[0] == images[1] != images[2] == images[3]


def test_where_the_terminal_is_not_known_to_show_images_nothing_is_tried(pictures: Store, tmp_path: Path) -> None:
    """Nor where it has the right name and does not answer as those do that can, nor within tmux."""
    for environment in ({}, {"TERM": "xterm-kitty"}, {"TERM": "xterm-kitty", "TMUX": "/tmp/t"}):
        written = app(pictures, HONEST, [], tmp_path, "auto", NO_COLOR="1", **environment)
        assert "320 × 160" in harmless(written)


def test_a_terminal_that_says_it_can_is_believed(pictures: Store, tmp_path: Path) -> None:
    """It has the right name, and answers what Textual asks each terminal; from then on there are pictures."""
    answer = b"\x1b[?2048;2$y"
    written = app(pictures, HONEST, [answer, b"k", b"j"], tmp_path, "auto", TERM="xterm-kitty", NO_COLOR="1")
    assert b"a=T,U=1," in written and written.index(b"a=T,U=1,") < written.index(PLACEHOLDER.encode())
    assert "Look at this" in harmless(APC.sub(b"", written), PLACEHOLDER), "the answer was not taken for keys"


@pytest.mark.parametrize(("seq", "words"), [(CORRUPT, "not shown: its data is corrupt"), (LYING, "▦ image/png")])
def test_a_corrupt_image_is_described(pictures: Store, tmp_path: Path, seq: int, words: str) -> None:
    """And nothing of it is sent."""
    assert words in harmless(app(pictures, seq, [], tmp_path, "kitty"))


def test_off_is_off(pictures: Store, tmp_path: Path) -> None:
    """In whatever terminal."""
    text = harmless(app(pictures, HONEST, [], tmp_path, "off", TERM="xterm-kitty"))
    assert "320 × 160" in text and "not shown" not in text


@pytest.mark.parametrize("size", [(80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_the_description_of_an_image(pictures: Store, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What is seen where the terminal cannot show it; without a terminal never anything else."""
    async with opened(pictures, TITLE, at=HONEST, size=size) as person:
        assert person.screen == snapshot.use_extension(TextScreen)


@errand
async def test_an_image_can_be_taken_out(pictures: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Into a file called after its event and after what it is; where, is said. Without a desktop nothing is opened."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    async with opened(pictures, TITLE, at=HONEST, size=(200, 60)) as person:
        await person.press("v")
        (path,) = tmp_path.rglob("*.png")
        person.sees(f"the image is in {path}; in Raw")
        assert path.read_bytes() == png(320, 160, between=COMMENT) and path.name == "sevt_000001.png"


def test_a_desktop_shows_an_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By a program that is given the file and nothing else, and is not waited for."""
    (tmp_path / "xdg-open").write_text('#!/bin/sh\ncp "$1" "$SEEN"\n')
    (tmp_path / "xdg-open").chmod(0o700)
    os.mkfifo(tmp_path / "seen")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setattr(sys, "platform", "linux")
    said = viewed("a.png", b"pixels", {"DISPLAY": ":0"})
    assert (tmp_path / "seen").read_bytes() == b"pixels" and said.endswith("a.png, opened by xdg-open")
