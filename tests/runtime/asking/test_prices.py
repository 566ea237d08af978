"""What models cost: names as they are found, dates, prompt lengths, and what totals can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.asking.prices import PRICES, bound_usd, canonical, cost_usd, spans
from runtime.clock import parse_iso


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("claude-opus-4-7[1m]", "claude-opus-4-7"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("openai/gpt-4.1-2025-04-14", "gpt-4.1"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("ft:gpt-4.1-2025-04-14:somebody::x", "ft:gpt-4.1-2025-04-14:somebody::x"),
        ("my-own-model", "my-own-model"),
    ],
)
def test_names_are_told_apart_from_what_is_put_around_them(found: str, name: str) -> None:
    """Provider, date and context suffix do not matter; another provider's price does."""
    assert canonical(found) == name


def test_a_request_is_priced_kind_by_kind() -> None:
    """Fresh, written, read, kept for five minutes, kept for an hour."""
    assert cost_usd("claude-opus-4-5", 0, 1_000_000, 0) == 5
    assert cost_usd("claude-opus-4-5", 0, 0, 1_000_000) == 25
    assert cost_usd("claude-opus-4-5", 0, 0, 0, 1_000_000) == 0.5
    assert cost_usd("claude-opus-4-5", 0, 0, 0, 0, 1_000_000) == 6.25
    assert cost_usd("claude-opus-4-5", 0, 0, 0, 0, 1_000_000, 1_000_000) == 10


def test_what_is_not_known_is_not_zero_and_nothing_costs_nothing() -> None:
    """None for an unknown model, or a kind of token without a price; 0 where no token was used."""
    assert cost_usd("my-own-model", 0, 1, 1) is None
    assert cost_usd("claude-3-sonnet", 0, 1, 1) is not None
    assert cost_usd("claude-3-sonnet", 0, 1, 1, 1) is None
    assert cost_usd("<synthetic>", 0, 0, 0, 0, 0) == 0
    assert cost_usd(None, None, None, None) == 0


def test_a_price_holds_from_its_day_on() -> None:
    """To the microsecond; without a time, today's price."""
    day = parse_iso("2025-06-10")
    assert day is not None
    assert cost_usd("o3", day - 1, 1_000_000, 0) == 10
    assert cost_usd("o3", day, 1_000_000, 0) == 2
    assert cost_usd("o3", None, 1_000_000, 0) == 2
    assert cost_usd("claude-3-5-haiku", parse_iso("2024-11-10"), 1_000_000, 0) is None


def test_a_long_prompt_costs_more_as_a_whole() -> None:
    """Cached tokens count towards its length."""
    assert cost_usd("claude-sonnet-4-5", 0, 100_000, 0, 100_000) == pytest.approx(0.3 + 0.03)
    assert cost_usd("claude-sonnet-4-5", 0, 100_000, 0, 100_001) == pytest.approx(0.6 + 0.0600006)


def test_no_two_prices_hold_at_once() -> None:
    """For every model, each moment and length of prompt has at most one price."""
    for model in {price.model for price in PRICES}:
        found = spans(model)
        for index, one in enumerate(found):
            for other in found[index + 1 :]:
                apart_in_time = one.until_us <= other.since_us or other.until_us <= one.since_us
                apart_in_length = one.up_to <= other.price.above or other.up_to <= one.price.above
                assert apart_in_time or apart_in_length, (one, other)


tokens = st.integers(0, 400_000)
requests = st.lists(
    st.tuples(st.integers(0, 2 * 10**15), tokens, tokens, tokens, tokens, st.booleans()), min_size=1, max_size=6
)


@given(st.sampled_from(sorted({price.model for price in PRICES})), requests)
def test_totals_never_promise_more_than_was_spent(model: str, made: list[tuple[int, int, int, int, int, bool]]) -> None:
    """A bound is at most the sum over the requests, and is that sum where it says so."""
    costs = [cost_usd(model, at, i, o, r, w, w if hour else 0) for at, i, o, r, w, hour in made]
    kept_1h = sum(written for _, _, _, _, written, hour in made if hour)
    totals = [len(made), *(sum(request[index] for request in made) for index in (1, 2, 3, 4)), kept_1h]
    bound = bound_usd(model, min(at for at, *_ in made), max(at for at, *_ in made), totals)
    if bound is not None and None not in costs:
        spent = sum(cost for cost in costs if cost is not None)
        assert bound.at_least_usd <= spent + 1e-9
        if bound.exact:
            assert bound.at_least_usd == pytest.approx(spent)
    if None in costs:
        assert bound is None or not bound.exact
