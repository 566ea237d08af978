"""What looks wrong, as something to filter by."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import errand, opened

BILLING = "Move the billing exports"


@errand
async def test_only_what_belongs_to_a_finding(demo_store: Store) -> None:
    """By its name, or part of it; not, and together with anything else."""
    async with opened(demo_store, BILLING) as person:
        seen = {}
        loop = "finding:error_loop"
        for asked in (loop, "finding:error*", f"{loop} -type:user", "-finding:*", "finding:*"):
            await person.press("&")
            await person.types(asked)
            await person.press("enter")
            person.sees(f"&{asked} → ")
            seen[asked] = person.session.list.count
        assert seen["finding:error_loop"] == seen["finding:error*"] > 1
        assert 0 < seen["finding:error_loop -type:user"] <= seen["finding:error_loop"] <= seen["finding:*"]
        assert seen["-finding:*"] + seen["finding:*"] == 412


@errand
async def test_a_finding_that_does_not_exist_is_no_filter(demo_store: Store) -> None:
    """It is said which there are, and everything is shown."""
    async with opened(demo_store, BILLING, size=(200, 32)) as person:
        await person.press("&")
        await person.types("finding:eror_loop")
        await person.press("enter")
        person.sees("no finding is called eror_loop: there are ")
        person.sees("error_loop, ")
        assert person.session.list.count == 412 and not person.session.sifting.on


@errand
async def test_facets_say_what_looks_wrong_and_lead_to_it(demo_store: Store) -> None:
    """As many as are shown of each; one of them can be chosen."""
    async with opened(demo_store, BILLING, size=(120, 60)) as person:
        await person.press("F")
        line = next(line for line in person.lines if line.strip(" ▌").startswith("finding"))
        name, number = line.strip(" ▌").split()[1:3]
        await person.press("G")
        while not any(line.startswith("▌") and f" {name} " in line for line in person.lines):
            await person.press("k")
        await person.press("enter")
        person.sees(f"&finding:{name} → {number} of 412")
