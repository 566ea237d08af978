"""What models cost: dated list prices, and what a request cost by them.

Prices are US dollars per million tokens at the provider's standard tier, and stand here only where they are sure; a
model that is not here, or a price that is None, makes a cost unknown (None), never zero. They are data about the world:
a price that changes gets a new card with its date, and the old card stays for the requests of its time.

Tokens are counted as `runtime.event.Row` counts them: ``input`` excludes what was read from a cache or written to one.
A provider may charge more when a prompt (input, read and written together) is long: ``above`` says from where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from runtime.clock import parse_iso

MILLION = 1_000_000
FOREVER_US = 2**63 - 1


class Price(NamedTuple):
    """One card of one model: what a million tokens of each kind cost, from a date and a prompt length on."""

    model: str
    """The model's name as `canonical` gives it."""
    since: str
    """The day from which it holds, UTC; empty: from the beginning."""
    above: int
    """It holds for prompts of more than so many tokens."""
    input: float | None
    output: float | None
    cache_read: float | None = None
    cache_write: float | None = None
    """Written to be kept for five minutes, or for as long as the provider keeps what it caches unasked."""
    cache_write_1h: float | None = None
    """Written to be kept for an hour."""


def _claude(
    model: str, input: float, output: float, *, read: float = 0.1, since: str = "", above: int = 0, write: float = 1.25
) -> Price:
    """A card of Anthropic's: the cache is priced by the input, ``read`` and ``write`` times as much."""
    cached = [round(input * times, 6) for times in (read, write, 2)]
    return Price(model, since, above, input, output, *cached)


def _openai(model: str, input: float, output: float, cached: float | None, since: str = "", above: int = 0) -> Price:
    """A card of OpenAI's: writing to the cache costs what input costs, and is not counted apart."""
    return Price(model, since, above, input, output, cached)


PRICES: tuple[Price, ...] = (
    _claude("claude-3-opus", 15, 75),
    Price("claude-3-sonnet", "", 0, 3, 15),
    Price("claude-3-haiku", "", 0, 0.25, 1.25, 0.03, 0.3, 0.5),
    _claude("claude-3-5-haiku", 0.8, 4, since="2024-12-05"),
    _claude("claude-3-5-sonnet", 3, 15),
    _claude("claude-3-7-sonnet", 3, 15),
    _claude("claude-sonnet-4", 3, 15),
    _claude("claude-sonnet-4", 6, 22.5, above=200_000),
    _claude("claude-opus-4", 15, 75),
    _claude("claude-opus-4-1", 15, 75),
    _claude("claude-sonnet-4-5", 3, 15),
    _claude("claude-sonnet-4-5", 6, 22.5, above=200_000),
    _claude("claude-haiku-4-5", 1, 5),
    _claude("claude-opus-4-5", 5, 25),
    _claude("claude-opus-4-6", 5, 25),
    Price("claude-opus-4-6", "", 200_000, None, None),
    _claude("claude-opus-4-6", 5, 25, since="2026-03-14"),
    _claude("claude-sonnet-4-6", 3, 15),
    Price("claude-sonnet-4-6", "", 200_000, None, None),
    _claude("claude-sonnet-4-6", 3, 15, since="2026-03-14"),
    _claude("claude-opus-4-7", 5, 25),
    _claude("claude-opus-4-8", 5, 25),
    _claude("claude-opus-5", 5, 25),
    _claude("claude-opus-5-5", 4, 20, read=0.05),
    _claude("claude-sonnet-5", 2, 10),
    _claude("claude-sonnet-5-5", 2, 10),
    _claude("claude-sonnet-5-5", 2, 10, read=0.05, since="2026-10-07"),
    _claude("claude-haiku-5-5", 0.1, 0.5),
    _claude("claude-haiku-5-5", 0.5, 2.5, above=100_000),
    _claude("claude-fable-5", 10, 50),
    _claude("claude-mythos-5", 10, 50),
    _claude("claude-fable-5-1", 10, 50, read=0.025),
    _claude("claude-mythos-5-1", 10, 50, read=0.025),
    _openai("gpt-4o-2024-05-13", 5, 15, None),
    _openai("gpt-4o", 5, 15, None),
    _openai("gpt-4o", 2.5, 10, 1.25, since="2024-10-02"),
    _openai("gpt-4o-2024-08-06", 2.5, 10, 1.25),
    _openai("gpt-4o-2024-11-20", 2.5, 10, 1.25),
    _openai("gpt-4o-mini", 0.15, 0.6, 0.075),
    _openai("gpt-4.1", 2, 8, 0.5),
    _openai("gpt-4.1-mini", 0.4, 1.6, 0.1),
    _openai("gpt-4.1-nano", 0.1, 0.4, 0.025),
    _openai("o1", 15, 60, 7.5),
    _openai("o3", 10, 40, 2.5),
    _openai("o3", 2, 8, 0.5, since="2025-06-10"),
    _openai("o3-mini", 1.1, 4.4, 0.55),
    _openai("o4-mini", 1.1, 4.4, 0.275),
    _openai("gpt-5", 1.25, 10, 0.125),
    _openai("gpt-5-mini", 0.25, 2, 0.025),
    _openai("gpt-5-nano", 0.05, 0.4, 0.005),
    _openai("gpt-5-codex", 1.25, 10, 0.125),
    _openai("gpt-5.1", 1.25, 10, 0.125),
    _openai("gpt-5.1-codex", 1.25, 10, 0.125),
    _openai("gpt-5.2", 1.75, 14, 0.175),
    _openai("gpt-5.2-codex", 1.75, 14, 0.175),
    _openai("gpt-5.3-codex", 1.75, 14, 0.175),
    _openai("gpt-5.4", 2.5, 15, 0.25),
    _openai("gpt-5.4", 5, 22.5, 0.5, above=272_000),
    _openai("gpt-5.4-mini", 0.75, 4.5, 0.075),
    _openai("gpt-5.4-nano", 0.2, 1.25, 0.02),
    _openai("gpt-5.5", 5, 30, 0.5),
    _openai("gpt-5.5", 10, 45, 1, above=272_000),
    Price("gemini-2.0-flash", "", 0, 0.1, 0.4),
    Price("gemini-2.5-flash-lite", "", 0, 0.1, 0.4),
    Price("gemini-2.5-flash", "2025-06-17", 0, 0.3, 2.5),
    Price("gemini-2.5-pro", "", 0, 1.25, 10),
    Price("gemini-2.5-pro", "", 200_000, 2.5, 15),
)
"""Sources: the providers' own price pages as of November 2026."""


class Span(NamedTuple):
    """A price with the times and prompt lengths between which it holds: from ``since_us`` until before ``until_us``,
    for prompts of more than ``above`` and at most ``up_to`` tokens."""

    price: Price
    since_us: int
    until_us: int
    up_to: int


_PROVIDER = re.compile(r"^(?:anthropic|openai|google|gemini|models)/")
_SUFFIX = re.compile(r"(?:\[1m\]|-latest|[-@]20\d{6}|-20\d\d-\d\d-\d\d)$")


def canonical(model: str) -> str:
    """``model`` without provider, date and context suffix, as the table of prices calls it."""
    name = _PROVIDER.sub("", model.strip().lower())
    if name in _CARDS:
        return name
    while (shorter := _SUFFIX.sub("", name)) != name:
        name = shorter
        if name in _CARDS:
            return name
    return name.replace(".", "-") if name.startswith("claude-") else name


@lru_cache(maxsize=1024)
def spans(model: str) -> tuple[Span, ...]:
    """All prices of ``model``, none overlapping another; none at all where they are not known."""
    cards = _CARDS.get(canonical(model), {})
    found = []
    starts = sorted(cards)
    for since_us, until_us in zip(starts, [*starts[1:], FOREVER_US]):
        tiers = sorted(cards[since_us], key=lambda price: price.above)
        for price, above in zip(tiers, [*(tier.above for tier in tiers[1:]), FOREVER_US]):
            found.append(Span(price, since_us, until_us, above))
    return tuple(found)


def _by_model(prices: Iterable[Price]) -> dict[str, dict[int, list[Price]]]:
    cards: dict[str, dict[int, list[Price]]] = {}
    for price in prices:
        cards.setdefault(price.model, {}).setdefault(parse_iso(price.since) or 0, []).append(price)
    return cards


_CARDS = _by_model(PRICES)


def cost_usd(
    model: str | None,
    time_us: int | None,
    input: int | None,
    output: int | None,
    cache_read: int | None = 0,
    cache_write: int | None = 0,
    cache_write_1h: int = 0,
) -> float | None:
    """What a request cost by the list, or None. ``cache_write_1h`` are those of ``cache_write`` kept for an hour.

    A request whose time nobody knows is priced as of today.
    """
    tokens = (input or 0, output or 0, cache_read or 0, (cache_write or 0) - cache_write_1h, cache_write_1h)
    if not any(tokens):
        return 0.0
    prompt = tokens[0] + tokens[2] + tokens[3] + tokens[4]
    moment = FOREVER_US - 1 if time_us is None else time_us
    for span in spans(model or ""):
        if span.since_us <= moment < span.until_us and (span.price.above < prompt or not span.price.above):
            if prompt <= span.up_to:
                return _priced(span.price, tokens)
    return None


def _priced(price: Price, tokens: Sequence[int]) -> float | None:
    rates = (price.input, price.output, price.cache_read, price.cache_write, price.cache_write_1h)
    total = 0.0
    for rate, count in zip(rates, tokens):
        if count:
            if rate is None:
                return None
            total += rate * count / MILLION
    return total


class Bound(NamedTuple):
    """What many requests cost, as far as their totals tell."""

    at_least_usd: float
    exact: bool


def bound_usd(model: str, first_us: int | None, last_us: int | None, totals: Sequence[int]) -> Bound | None:
    """What requests to ``model`` between two times cost, by their totals.

    ``totals`` are `runtime.manifest.Sums.models`'. They do not say how long each prompt was, so the answer may be a
    lower bound.
    None where a price is not known.
    """
    _, input, output, read, written, kept_1h = totals
    tokens = (input, output, read, written - kept_1h, kept_1h)
    if not any(tokens):
        return Bound(0.0, True)
    low = FOREVER_US - 1 if first_us is None else first_us
    high = FOREVER_US - 1 if last_us is None else last_us
    prompts = input + read + written
    exact, known = True, []
    for price, since_us, until_us, _ in spans(model):
        if (
            since_us <= high
            and until_us > low
            and (prompts > price.above or not price.above)
            and price.input is not None
        ):
            cost = _priced(price, tokens)
            if cost is None:
                return None
            known.append(cost)
        elif price.input is None and prompts > price.above:
            exact = False
    return Bound(min(known), exact and len(known) == 1) if known else None
