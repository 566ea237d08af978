"""Images as pictures: what a terminal is told, byte by byte, and what becomes of images that are made to harm."""

from __future__ import annotations

import base64
import io
import re
import struct
import sys
import tracemalloc
import unicodedata
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tests.support.images import SIGNATURE, chunk, header, png
from tests.support.images import pixels as raw
from workbench.graphics import Screen
from workbench.graphics import drawn as drawn_as
from workbench.view.graphics import pixels as apart
from workbench.view.graphics.kitty import CHUNK, COLOURS, MARKS, MOST_BYTES, PLACEHOLDER, drawn, gone, number
from workbench.view.graphics.png import clean
from workbench.view.graphics.showing import (
    AUTO,
    BLOCKS,
    KITTY,
    MOST_CELLS,
    OFF,
    SIXEL,
    Frame,
    frame,
    way,
)
from workbench.view.graphics.sixel import CLEAR, Raster, sixel
from workbench.view.graphics.sixel import drawn as drawn_in_sixel
from workbench.view.pretty.image import pixels
from workbench.view.pretty.picture import NoPicture, Picture
from workbench.view.text import width
from workbench.widgets.sixels import over

ID = 7 << 24 | 200


# ── which way ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "in_band", "colours", "chosen"),
    [
        ({"TERM": "xterm-kitty"}, True, False, KITTY),
        ({"TERM": "xterm-ghostty"}, True, False, KITTY),
        ({"TERM": "xterm-kitty"}, False, True, AUTO),  # an old one, or it has not answered yet
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, True, True, BLOCKS),  # another terminal, started from it
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/t"}, True, True, BLOCKS),
        ({"TERM": "xterm-kitty", "STY": "1.x"}, True, False, OFF),
        ({"TERM": "foot"}, True, True, SIXEL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, False, True, SIXEL),
        ({"TERM": "foot", "TMUX": "/tmp/t"}, False, True, BLOCKS),
        ({"TERM": "xterm-256color"}, False, True, BLOCKS),
        ({}, False, False, OFF),
    ],
)
def test_pictures_are_shown_as_the_terminal_is_known_to_show_them(
    environment: dict[str, str], in_band: bool, colours: bool, chosen: str
) -> None:
    """By its name, which goes along through ssh, and by what it answered to Textual; never through tmux or screen."""
    assert way(AUTO, environment, sizes_in_band=in_band, colours=colours) == chosen
    assert way(SIXEL, environment, sizes_in_band=in_band, colours=colours) == SIXEL, "what somebody set is what is done"


@given(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), st.integers(-3, 400), st.integers(-3, 200),
    st.tuples(st.integers(2, 40), st.integers(4, 80)),
)  # fmt: skip
def test_a_picture_fits_where_it_goes(size: tuple[int, int], cells: int, lines: int, cell: tuple[int, int]) -> None:
    """In any pane, and never larger than it is, but for the rest of a cell."""
    found = frame(size, cells, lines, cell)
    assert 1 <= found.cells <= max(1, cells) and 1 <= found.lines <= max(1, lines)
    assert found.cells < len(MARKS) and found.lines < len(MARKS)
    assert found.pixels[0] <= max(size[0], 1) + cell[0] and found.pixels[1] <= max(size[1], 1) + cell[1]


def test_a_picture_keeps_its_shape() -> None:
    """At its own size where there is room, else as large as fits."""
    assert frame((640, 400), 200, 60, (8, 16))[:2] == (80, 25)
    assert frame((640, 400), 40, 60, (8, 16))[:2] == (40, 12)
    assert frame((640, 400), 200, 10, (8, 16))[:2] == (32, 10)


# ── PNG ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_png_passes_and_only_its_pixels_do() -> None:
    """Comments, profiles and whatever follows the end are left out."""
    text = chunk(b"tEXt", b"Comment\0\x1b[2J\x1b]52;c;cHduZWQ=\x07")
    assert clean(png(between=text + chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**6)))) + b"\x1b[2J") == png()
    assert clean(png()) == png()


def test_interlaced_grey_and_with_a_palette() -> None:
    """All that a PNG may be: seven passes, several pixels in a byte."""
    passes = [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (2, 3), (5, 2)]  # of 5 × 5 pixels
    adam = b"".join(bytes(1 + wide) * high for wide, high in passes)
    for head, rows in (
        (header(5, 5, 8, 0, interlaced=1), adam),
        (header(9, 2, 1, 0), bytes(3) * 2),
        (header(3, 2, 16, 6), bytes(1 + 24) * 2),
        (header(3, 2, 4, 3) + chunk(b"PLTE", bytes(48)) + chunk(b"tRNS", bytes(4)), bytes(3) * 2),
    ):
        image = SIGNATURE + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        assert clean(image) == image


NO_PALETTE = SIGNATURE + header(3, 2, 4, 3) + chunk(b"IDAT", zlib.compress(bytes(6))) + chunk(b"IEND", b"")
HOSTILE = {
    "is no PNG": (b"\x1b[2J" + png(), "it is no PNG"),
    "ends early": (png()[:-20], "its data ends early"),
    "has fewer rows": (png(data=zlib.compress(raw(64, 31))), "its data ends early"),
    "has more rows": (png(data=zlib.compress(raw(64, 33))), "there is more in it than it says"),
    "is a bomb": (png(data=zlib.compress(bytes(50_000_000))), "there is more in it than it says"),
    "is not deflated": (png(data=b"\x1b[2J" * 100), "its data is corrupt"),
    "is too large": (SIGNATURE + header(100_000, 100_000), "it has 100,000 × 100,000 pixels"),
    "has no pixels": (SIGNATURE + header(0, 9), "its data is corrupt"),
    "has an odd depth": (SIGNATURE + header(9, 9, 3, 2), "its data is corrupt"),
    "has a header twice": (png(between=header(9, 9)), "its data is corrupt"),
    "has no header": (SIGNATURE + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "its data is corrupt"),
    "lacks its palette": (NO_PALETTE, "its data is corrupt"),
    "has an odd palette": (png(between=chunk(b"PLTE", bytes(7))), "its data is corrupt"),
    "has a vital chunk of its own": (png(between=chunk(b"PWND", b"x")), "it is of a kind of PNG that we do not know"),
    "says it is endless": (SIGNATURE + struct.pack(">I", 2**32 - 1) + b"IHDR" + bytes(40), "its data ends early"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_png_that_lies_is_not_shown(name: str) -> None:
    """Said in words; and never is much more taken apart than the header promises."""
    data, words = HOSTILE[name]
    tracemalloc.start()
    with pytest.raises(NoPicture, match=re.escape(words)):
        clean(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@given(st.integers(0, len(png(8, 8)) - 1), st.binary(min_size=1, max_size=6))
def test_whatever_is_changed_in_a_png_nothing_but_a_picture_comes_of_it(at: int, other: bytes) -> None:
    """It is refused, or what goes on is a picture in which nothing is left to be refused."""
    whole = png(8, 8)
    try:
        found = clean(whole[:at] + other + whole[at + len(other) :])
    except NoPicture:
        return
    assert clean(found) == found == whole


# ── kitty ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_image_goes_in_chunks_and_comes_out_the_same() -> None:
    """Base64 in pieces that the protocol allows, to which the terminal is to answer nothing."""
    image = png(120, 90)
    told = drawn(image, ID, Frame(12, 5), colours=True).sent
    parts = re.findall("\x1b_G([a-zA-Z0-9=,]+);([A-Za-z0-9+/=]*)\x1b\\\\", told)
    assert "".join(f"\x1b_G{control};{data}\x1b\\" for control, data in parts) == told, "there is nothing else in it"
    assert base64.b64decode("".join(data for _, data in parts)) == image
    assert len(parts) > 2 and all(len(data) == CHUNK for _, data in parts[:-1]) and len(parts[-1][1]) <= CHUNK
    assert parts[0][0] == f"a=T,U=1,q=2,f=100,i={ID},c=12,r=5,m=1"
    assert [control for control, _ in parts[1:]] == ["q=2,m=1"] * (len(parts) - 2) + ["q=2,m=0"]


def test_a_small_image_is_one_chunk_and_a_large_one_is_not_sent() -> None:
    """What comes after it would have to wait."""
    assert re.fullmatch("\x1b_Ga=T[^;]*,m=0;[^;]*\x1b\\\\", drawn(png(4, 4), ID, Frame(1, 1), colours=True).sent)
    with pytest.raises(NoPicture, match="larger than the 2 MiB"):
        drawn(bytes(MOST_BYTES + 1), ID, Frame(1, 1), colours=True)


def test_each_cell_says_which_part_of_which_image_it_is() -> None:
    """So that lines can be cut, scrolled and covered: row, column, and the number, half as a mark, half as colour."""
    made = drawn(png(), ID, Frame(3, 2), colours=False)
    (text, role), high = made.rows[1][0], MARKS[7]
    assert text == "".join(f"{PLACEHOLDER}\u030d{mark}{high}" for mark in "\u0305\u030d\u030e") and role == "@200"
    assert drawn(png(), ID, Frame(3, 2), colours=True).rows[1][0] == (text, "#0000c8"), "the same number, as a colour"
    assert made.gone == gone(ID) == f"\x1b_Ga=d,d=I,i={ID},q=2\x1b\\"


def test_the_marks_are_those_of_the_protocol() -> None:
    """Marks above, that compose with nothing, in the order of their code points, from the one for 0."""
    assert MARKS[:5] == "\u0305\u030d\u030e\u0310\u0312" and MARKS[-1] == "\u1de6"
    assert list(MARKS) == sorted(set(MARKS)) and len(MARKS) > MOST_CELLS
    for mark in MARKS:
        assert (unicodedata.category(mark), unicodedata.combining(mark)) == ("Mn", 230), hex(ord(mark))
        assert unicodedata.decomposition(mark) == "" and unicodedata.normalize("NFC", f"A{mark}") == f"A{mark}"


def test_placeholders_are_one_cell_each_and_stay_whole_when_a_line_is_cut() -> None:
    """As we, Rich and Textual count them."""
    text = drawn(png(), ID, Frame(160, 40), colours=True).rows[39][0][0]
    assert cell_len(text) == width(text) == 160 and len(text) == 640
    assert Strip([Segment(" "), Segment(text)]).crop(11, 14).text == text[40:52]


@given(st.integers(0, 2**16), st.integers(0, 10**6))
def test_numbers_are_of_one_family_and_no_colour_that_means_something(family: int, turn: int) -> None:
    """The lowest byte is a colour of the palette's, the highest has a mark, the others are nothing."""
    found = number(family, turn)
    assert found & 0xFF in COLOURS and found & 0xFFFF00 == 0 and 1 <= found >> 24 < len(MARKS)
    assert number(family, turn) != number(family, turn + 1)


# ── sixel ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pixels_as_sixels() -> None:
    """Two bands, two colours, one of them in parts of both; long runs are counted, the rest is transparent."""
    rows = [bytes([0] * 6), bytes([1] * 5 + [CLEAR])] * 3 + [bytes([CLEAR] * 5 + [1])]
    told = sixel(Raster(6, rows, [(255, 0, 0), (0, 128, 255)]))
    assert told == '\x1bP0;1q"1;1;6;7#0;2;100;0;0#1;2;0;50;100#0!6T$#1!5i-#1!5?@\x1b\\'


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_sixels_hold_nothing_that_ends_them(wide: int, high: int, data: st.DataObject) -> None:
    """Whatever the pixels are."""
    rows = data.draw(st.lists(st.binary(min_size=wide, max_size=wide), min_size=high, max_size=high))
    told = sixel(Raster(wide, rows, [(n, n, n) for n in range(256)]))
    assert re.fullmatch('\x1bP0;1q[-0-9"#!$;?-~]*\x1b\\\\', told)


def test_pixels_go_with_their_line_unless_that_is_cut() -> None:
    """They would cover what covers the line."""
    line = drawn_in_sixel(Raster(8, [bytes(8)] * 16, [(1, 2, 3)]), Frame(4, 1, (2, 16))).rows[0]
    strip = over(Strip([Segment(" "), Segment(line[0][0]), Segment("   ")]), [(" ", ""), *line])
    assert strip.cell_length == 8
    for whole in (strip, strip.crop(0, 8), strip.crop(0, 5), strip.divide([6, 8])[0], Strip.join(strip.divide([6, 8]))):
        assert whole.text.startswith("     \x1b7\x1b[4D\x1bP") and whole.text.rstrip(" ").endswith("\x1b\\\x1b8")
    for part in (strip.crop(0, 4), strip.crop(1, 8), *strip.divide([3, 6, 8])):
        assert part.text.isspace()
    plain = Strip([Segment(" "), Segment("x")])
    assert over(plain, [(" ", ""), ("x", "text")]) is plain


# ── other images ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_size_of_every_kind_of_webp() -> None:
    """Extended, lossy, lossless."""
    lossless = struct.pack("<I", 799 | 599 << 14)
    for kind, rest in (
        (b"VP8X", b"\0" * 8 + (799).to_bytes(3, "little") + (599).to_bytes(3, "little")),
        (b"VP8 ", b"\0" * 7 + b"\x9d\x01\x2a" + struct.pack("<HH", 800, 600)),
        (b"VP8L", b"\0" * 4 + b"\x2f" + lossless),
    ):
        assert pixels(base64.b64encode(b"RIFF\0\0\0\0WEBP" + kind + rest + b"\0\0").decode()) == (800, 600), kind


@pytest.mark.parametrize("data", ["\x1b[2J", "iVBORw0KGgo=\x07", "é", "iVBOR"])
def test_what_is_not_base64_is_no_picture(data: str) -> None:
    """All of it has to be."""
    with pytest.raises(NoPicture, match="not base64"):
        Picture("name", data, (1, 1)).bytes()


def test_an_image_that_says_it_is_huge_is_not_even_decoded_from_base64() -> None:
    """Its header is enough."""
    with pytest.raises(NoPicture, match="it has 60,000 × 60,000 pixels"):
        Picture("name", "\x1b[2J", (60_000, 60_000)).bytes()


def test_without_pillow_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that brings it."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NoPicture, match=re.escape("pip install 'agent-session-workbench[images]'")):
        apart.scaled(b"\xff\xd8", (10, 10))


def test_other_formats_are_taken_apart_by_pillow() -> None:
    """A JPEG comes out as a PNG that passes, as half blocks and as numbers of colours."""
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.new("RGB", (90, 60), (200, 30, 30)).save(out, "JPEG")
    small = apart.scaled(out.getvalue(), (30, 20))
    assert clean(apart.png(small)) == apart.png(small)
    rows = apart.blocks(out.getvalue(), Frame(6, 2), (0, 0, 0)).rows
    assert [[text for text, _ in row] for row in rows] == [["▀" * 6]] * 2
    assert re.fullmatch("#c[0-9a-f]{5}/#c[0-9a-f]{5}", rows[0][0][1])
    raster = apart.raster(small)
    assert len(raster.rows) == 20 and {len(row) for row in raster.rows} == {30} and len(set(raster.rows[0])) == 1
    clear = apart.raster(image.new("RGBA", (4, 1), (9, 9, 9, 0)))
    assert clear.rows == [bytes([CLEAR] * 4)]


WIDE = struct.pack("<HH", 65_535, 65_535)
OTHERS = {
    "is a large GIF": (
        b"GIF89a" + WIDE + b"\x80\0\0" + bytes(6) + b"," + bytes(4) + WIDE + b"\0\2\0;",
        "there is more in it than it says",
    ),
    "is a PDF": (b"%PDF-1.7\n", "its data is corrupt, or of a kind we do not know"),
    "is half a JPEG": (b"\xff\xd8\xff\xc2\x00\x11\x08\0\x10\0\x10", "its data is corrupt, or of a kind we do not know"),
}


@pytest.mark.parametrize("chosen", [BLOCKS, SIXEL, KITTY])
@pytest.mark.parametrize("name", [*HOSTILE, *OTHERS])
def test_in_whatever_way_such_an_image_is_not_shown(name: str, chosen: str) -> None:
    """Pillow gets no PNG that we would not send; of others it looks at the size before anything is taken apart."""
    pytest.importorskip("PIL.Image")
    data, words = {**HOSTILE, **OTHERS}[name]
    if name == "is no PNG":
        words = "or of a kind we do not know"
    screen = Screen((0, 0, 0), ID, True)
    with pytest.raises(NoPicture, match=re.escape(words)):
        drawn_as(Picture("name", base64.b64encode(data).decode(), (8, 8)), chosen, Frame(4, 2), screen)
