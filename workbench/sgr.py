"""Frames in fewer bytes. Textual sets every style anew, all of it, and takes it back after every few characters.

Of a frame that is scrolled by a line those sequences are three quarters, which takes a slow link longer to carry than
a person takes to notice. Here only what differs from the style before is set; cells come out the same. It is done to
what is about to be written, so that nothing else need know.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from textual.driver import Driver

_STYLED = re.compile(r"\x1b\[([\d;]+)m([^\x1b]*)\x1b\[0m")
_MOVES = re.compile(r"(?:\r\n|\x1b\[\d+;\d+H|\x1b\[\?2026[hl])*")
"""What stands between styled text and has nothing to do with styles."""
RESET = "\x1b[0m"
KNOWN_STEPS = 4_096
WAITING_WRITES = 3
"""One frame is three writes: how it begins, what is in it, how it ends. While a link carries one, the next is drawn;
ten of them, as Textual would have it, are a second in which the screen shows what somebody did long before."""
SMALL = 64
"""Shorter writes are left as they are."""


class _Pen(NamedTuple):
    """How a terminal writes."""

    attributes: frozenset[str] = frozenset()
    colour: str = ""
    ground: str = ""


class Sgr:
    """Rewrites frames, one after the other; each begins and ends with no style set."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, str, bool], tuple[str, str]] = {}
        """By the codes in force, those wanted, and whether only blanks are written: what to send, what is in force."""

    def lean(self, frame: str) -> str:
        """The same cells in fewer bytes; what is not known here stays as it is."""
        out: list[str] = []
        steps, now, at = self._steps, "", 0
        for match in _STYLED.finditer(frame):
            start = match.start()
            if start > at:
                between = frame[at:start]
                if now and not _MOVES.fullmatch(between):
                    out.append(RESET)
                    now = ""
                out.append(between)
            codes, text = match.groups()
            if codes != now:
                key = now, codes, text.isspace()
                step = steps.get(key) or self._learn(key)
                out.append(step[0])
                now = step[1]
            out.append(text)
            at = match.end()
        if now:
            out.append(RESET)
        out.append(frame[at:])
        return "".join(out)

    def _learn(self, key: tuple[str, str, bool]) -> tuple[str, str]:
        if len(self._steps) >= KNOWN_STEPS:  # a picture has any number of colours
            self._steps.clear()
        step = self._steps[key] = _step(*key)
        return step


def _step(now: str, wanted: str, blank: bool) -> tuple[str, str]:
    """What to send to come from one style to the other, and the codes that are then in force."""
    before, after = _pen(now), _pen(wanted)
    if blank and not before.attributes | after.attributes and before.ground == after.ground:
        return "", now
    if (
        before.attributes - after.attributes
        or (before.colour and not after.colour)
        or (before.ground and not after.ground)
    ):
        return f"\x1b[0;{wanted}m", wanted
    new = sorted(after.attributes - before.attributes)
    new += [code for code, old in ((after.colour, before.colour), (after.ground, before.ground)) if code != old]
    return (f"\x1b[{';'.join(new)}m" if new else ""), wanted


def _pen(codes: str) -> _Pen:
    attributes: set[str] = set()
    colour = ground = ""
    rest = codes.split(";") if codes else []
    while rest:
        code = rest.pop(0)
        if code in ("38", "48"):
            long = 4 if rest[:1] == ["2"] else 2
            whole = ";".join([code, *rest[:long]])
            del rest[:long]
            colour, ground = (whole, ground) if code == "38" else (colour, whole)
        elif len(code) == 2 and code[0] in "39":
            colour = code
        elif code[0] in "4" and len(code) == 2 or code[:2] == "10":
            ground = code
        else:
            attributes.add(code)
    return _Pen(frozenset(attributes), colour, ground)


def frugal(driver: type[Driver]) -> type[Driver]:
    """The same driver, which writes frames in fewer bytes."""
    lean = Sgr().lean

    class Frugal(driver):  # type: ignore[valid-type, misc]  # which driver it is depends on the platform
        """See `Sgr`."""

        def start_application_mode(self) -> None:
            """See `Driver`; from then on frames wait to be drawn, rather than to be sent."""
            super().start_application_mode()
            if (writer := getattr(self, "_writer_thread", None)) is not None:
                writer._queue.maxsize = WAITING_WRITES

        def write(self, data: str) -> None:
            """See `Driver.write`."""
            super().write(lean(data) if len(data) > SMALL else data)

    return Frugal
