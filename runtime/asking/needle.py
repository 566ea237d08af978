r"""What is looked for: a text, or a regular expression, in JSON as it is stored.

A text is found however its writer escaped it: as itself, with ``\"`` and ``\n``, or as ``\u00e9``. What is an escape in
the JSON is not text: ``next`` is not in ``\next``. Text is what somebody said: messages, names, what went into a tool
and what came out of it. The names of members are not, nor is what only the log's own order needs: types, times, ids
(but for a needle that looks like an id). See `Needle.find_in_values`.

A quotation mark is also found bare, so that ``"name":"bash"`` finds what a tool was called, ``"type":"user.message"``
what a person said: a needle with one in it is looked for in all of the JSON. A regular expression (RE2's) is, too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from runtime.errors import QueryError
from runtime.event import decode, encode, plain

CONTEXT_BYTES = 120
MAX_PASSED = 100_000
"""So many escapes are passed over in a row group: one made of nothing else would keep a search from being stopped."""
MAX_CAREFUL_BYTES = 4 * 1024 * 1024
"""Up to this size a payload is looked through for another match where the first is an escape or was not said."""

ENVELOPE = frozenset(
    ["id", "type", "processed_at", "created_at", "updated_at", "timestamp", "signature", "encrypted_content"]
)
"""Members that nobody said, unless they stand in the input of a tool; so are those called ``…_id`` and ``…_ids``."""
_FREE = "input"
_SAID = (b'"text":"', b'"content":"', b'"command":"')
_ID = re.compile(r"(?=.*[0-9])(?:[a-z]{2,12}_[0-9a-z_-]{4,}|[0-9a-f]{4,}(?:-?[0-9a-f]{4,})+)", re.IGNORECASE)
_SHORT = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_ESCAPED_BY_SOME = frozenset("\"\\<>&'\x7f")


class Match(NamedTuple):
    """Where something was found: in which of the texts, and at which of its bytes."""

    row: int
    start: int
    end: int


class Texts:
    """Many texts, one after another in one stretch of bytes (`large_string`)."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array
        _, offsets, data = array.buffers()
        self.data = data
        self.places = memoryview(offsets).cast("q")[array.offset :] if len(array) else [0]
        """Where each begins, and where the last ends."""

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        """``texts``, which are UTF-8."""
        return cls(pa.array(texts, pa.large_binary()).cast(pa.large_string()))

    def size(self, row: int) -> int:
        """Bytes of one text."""
        return int(self.places[row + 1] - self.places[row])

    def piece(self, row: int, low: int = 0, high: int | None = None) -> bytes:
        """Bytes ``low`` to ``high`` of one text."""
        start, stop = self.places[row], self.places[row + 1]
        if high is not None and start + high < stop:
            stop = start + high
        return bytes(memoryview(self.data)[start + low : stop])


class Excerpt(NamedTuple):
    """A line of text around a match, and where in it the match stands."""

    text: str
    start: int
    end: int


class Needle:
    """What is looked for. ``ignore_case`` None means: unless the needle has a capital letter in it."""

    def __init__(self, text: str, *, ignore_case: bool | None = None, regex: bool = False) -> None:
        if not text:
            raise QueryError("there is nothing to search for: the pattern is empty.")
        self.text, self.regex = text, regex
        self.anywhere = regex or '"' in text
        """Whether it is looked for in all of the JSON, names of members and ids included."""
        self._is_id = _ID.fullmatch(text) is not None
        self.ignore_case = text == text.lower() if ignore_case is None else ignore_case
        same_everywhere = text.isascii() and text.isprintable() and not _ESCAPED_BY_SOME.intersection(text)
        self._plain = None if regex or not same_everywhere else (text.lower() if self.ignore_case else text).encode()
        self._pattern = text if regex else "".join(_written(character, self.ignore_case) for character in text)
        self._length = _python(self._pattern, self.ignore_case)
        try:
            self._offsets(pa.array([""]))
        except pa.ArrowInvalid as error:
            raise QueryError(f"{text!r} is not a regular expression that can be searched for: {error}") from None

    def matches(self, texts: Texts) -> Iterator[Match]:
        """The first match in each of ``texts`` that has one, in their order."""
        if self._plain is not None:
            return self._plainly(texts, self._plain)
        return self._by_pattern(texts)

    def find_in_values(self, text: bytes) -> tuple[bytes, Match] | None:
        """The first match in what an event or its extra says: the JSON of that string, and where in it.

        What is nested too deeply to be taken apart is looked through as it stands.
        """
        try:
            facts = decode(text)
            facts.pop("source", None)  # where it came from
            strings = _strings(facts, everything=self._is_id or self.regex)
            said = [encode(one) for one in strings if self._may_be_in(one)]
        except (ValueError, RecursionError):
            said = [text]
        return next(((data, match) for data in said for match in self._in_one(data)), None)

    def is_said_at(self, data: bytes, start: int) -> bool:
        """Whether the bytes before a match at ``start`` tell that somebody said it: no need to look closer."""
        quote = data.rfind(b'"', 0, start) + 1
        return data.endswith(_SAID, 0, quote) if quote else False

    def _may_be_in(self, text: str) -> bool:
        """Whether a closer look at ``text`` is worth it."""
        if self.regex or not self.text.isascii():
            return True
        return self.text.lower() in text.lower() if self.ignore_case else self.text in text

    def _in_one(self, data: bytes) -> Iterator[Match]:
        """The first match in one text."""
        if self._plain is None:
            yield from self.matches(Texts.of([data]))
            return
        at, text = -1, data.lower() if self.ignore_case else data
        while (at := text.find(self._plain, at + 1)) >= 0:
            if not _in_escape(data, at, 0):
                yield Match(0, at, at + len(self._plain))
                return

    def _plainly(self, texts: Texts, needle: bytes) -> Iterator[Match]:
        """By looking through the bytes of all texts at once."""
        if self.ignore_case:
            texts = Texts(pc.ascii_lower(texts.array))
        places, data = texts.places, texts.data.to_pybytes() if texts.data else b""
        at, stop, passed = places[0], places[len(texts.array)], 0
        while (at := data.find(needle, at, stop)) >= 0:
            row = bisect_right(places, at) - 1
            if at + len(needle) > places[row + 1]:
                at += 1
            elif passed < MAX_PASSED and _in_escape(data, at, places[row]):
                at, passed = at + 1, passed + 1
            else:
                yield Match(row, at - places[row], at - places[row] + len(needle))
                at = places[row + 1]

    def _by_pattern(self, texts: Texts) -> Iterator[Match]:
        offsets = self._offsets(texts.array)
        for row in pc.indices_nonzero(pc.greater_equal(offsets, 0)).to_pylist():
            start, data = offsets[row].as_py(), texts.piece(row)
            if not self.regex and _in_escape(data, start, 0) and len(data) <= MAX_CAREFUL_BYTES:
                span = self._span_of_text(texts.array[row : row + 1])
                if span is not None:
                    yield Match(row, *span)
            else:
                yield Match(row, start, start + self._length_at(data, start))

    def _offsets(self, texts: pa.Array) -> pa.Array:
        """For each of ``texts`` the byte at which the first match of the pattern begins, or -1."""
        return pc.find_substring_regex(texts, pattern=self._pattern, ignore_case=self.ignore_case)

    def _span_of_text(self, one: pa.Array) -> tuple[int, int] | None:
        """Where the first match in ``one`` text stands that does not begin within an escape."""
        flags = "(?i)" if self.ignore_case else ""
        whole = rf"{flags}^(?:[^\\]|\\u[0-9a-fA-F]{{4}}|\\[^u])*?(?P<hit>{self._pattern})"
        found = pc.extract_regex_span(one, pattern=whole)[0].as_py()
        return None if found is None else (found["hit"][0], sum(found["hit"]))

    def _length_at(self, data: bytes, start: int) -> int:
        """How many bytes the match at ``start`` takes up; 0 where only RE2 could say."""
        if self._length is None:
            return 0
        window = data[start : start + CONTEXT_BYTES + 12 * len(self.text)].decode("utf-8", "ignore")
        match = self._length.match(window)
        return len(window[: match.end()].encode()) if match else 0


def excerpt(data: bytes, match: Match) -> Excerpt:
    """``match`` in ``data`` with what stands around it in the same string, unescaped, as one line fit to be printed."""
    low = max(0, match.start - CONTEXT_BYTES)
    while low < match.start and (data[low] & 0xC0 == 0x80 or _in_escape(data, low, 0)):
        low += 1
    high = min(len(data), match.end + CONTEXT_BYTES)
    before, after = data[low : match.start], data[match.end : high]
    opening, closing = _quotes(before), _quotes(after)
    head = _unescaped(before[opening[-1] + 1 :] if opening else before)
    tail = _unescaped(after[: closing[0]] if closing else after)
    head = head.lstrip() if opening or not low else "…" + head
    tail = tail.rstrip() if closing or high == len(data) else tail + "…"
    shown = _unescaped(data[match.start : min(match.end, match.start + 2 * CONTEXT_BYTES)])
    return Excerpt(head + shown + tail, len(head), len(head) + len(shown))


def _written(character: str, ignore_case: bool) -> str:
    """A pattern for every way in which JSON may write ``character``."""
    ways = [] if character == "\\" or character < " " else [re.escape(character)]
    if character in '"\\':
        ways.append(re.escape("\\" + character))
    elif character in _SHORT:
        ways.append(re.escape("\\" + _SHORT[character]))
    if not character.isascii() or character < " " or character in _ESCAPED_BY_SOME:
        cases = (character, character.lower(), character.upper()) if ignore_case else (character,)
        ways.extend(map(_unicode_escape, cases))
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(dict.fromkeys(ways))})"


def _unicode_escape(text: str) -> str:
    r"""A pattern for ``text`` written as ``\uXXXX``, its digits large or small."""
    units = text.encode("utf-16-be", "surrogatepass").hex()
    digits = [f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in units]
    return "".join(rf"\\u{''.join(digits[at : at + 4])}" for at in range(0, len(digits), 4))


def _python(pattern: str, ignore_case: bool) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None


def _in_escape(data: bytes, at: int, first: int) -> bool:
    """Whether the byte at ``at`` belongs to an escape that began before it, in a text that begins at ``first``."""
    slash = data.rfind(b"\\", max(first, at - 5), at)
    if slash < 0:
        return False
    run = slash
    while run > first and data[run - 1] == 0x5C:
        run -= 1
    return (slash - run) % 2 == 0 and at < slash + (6 if data[slash + 1 : slash + 2] == b"u" else 2)


def _strings(value: Any, *, everything: bool, free: bool = False) -> Iterator[str]:
    """What is said in ``value``, in its order: strings, and numbers where they are ``free`` input of a tool."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, everything=everything, free=free)
    elif isinstance(value, dict):
        if value.get("type") == "base64" and not free:
            return  # a picture
        for name, part in value.items():
            if everything or free or not (name in ENVELOPE or name.endswith(("_id", "_ids"))):
                yield from _strings(part, everything=everything, free=free or name == _FREE)
    elif free and type(value) in (int, float):
        yield str(value)


_QUOTE = re.compile(rb'\\.|"', re.DOTALL)
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')


def _quotes(data: bytes) -> list[int]:
    """Where the quotation marks of the JSON itself stand."""
    return [found.start() for found in _QUOTE.finditer(data) if found[0] == b'"']


def _unescaped(data: bytes) -> str:
    text = _ESCAPE.sub(_meant, data.decode("utf-8", "ignore"))
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    made = plain(text, len(text) + 1)
    if not made:
        return " " if text else ""
    return (" " if text[0].isspace() else "") + made + (" " if text[-1].isspace() else "")


def _meant(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    return escape[2] if escape[2] in '"\\/' else " "
