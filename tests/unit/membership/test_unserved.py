"""Time that nobody served, over several generations: readers see what they would have seen at the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segment_core.facts.customer import Customer
from segment_core.membership import unserved
from segment_core.membership.flips import Change, flips
from segment_core.membership.steps import steps
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Membership
from segment_core.rules import Answer
from segment_core.shop import OrderPolicy
from segment_core.store import generations

MORNING = datetime(2026, 3, 1, tzinfo=UTC)
# Its first definition is bit 0; the second, bit 1, is built at ten, read from eleven on, alone from twelve on.
BEGUN = Generation(
    2,
    MORNING.replace(hour=10),
    "UTC",
    "EUR",
    OrderPolicy(),
    (LiveDefinition("a", 1, 0), LiveDefinition("a", 2, 1, build="b")),
)
READ = BEGUN.publishing("b", MORNING.replace(hour=11))
FREED = READ.freed({"a.1"}, MORNING.replace(hour=12))
NUMBERED = {generation.number: generation for generation in (BEGUN, READ, FREED)}


class TurnsTrue:
    """Both definitions come true by time alone at one instant."""

    unanswered = 0
    reaches = ()

    def __init__(self, flip: datetime) -> None:
        self.flip = flip

    def members(self, customer: Customer, at: datetime) -> int:
        return 0b11 if at >= self.flip else 0

    def answer(self, customer: Customer, at: datetime) -> Answer:
        return Answer(self.members(customer, at), None if at >= self.flip else self.flip)


def told(monkeypatch: pytest.MonkeyPatch, flip: datetime, at: datetime) -> list[tuple[str, str, datetime]]:
    """What readers hear of somebody whose membership was written at ten and is looked at only under FREED."""
    monkeypatch.setattr(generations, "numbered", lambda table, shop, number: NUMBERED[number])
    monkeypatch.setattr(generations, "common", lambda table, shop, one, other: NUMBERED[one].common(NUMBERED[other]))
    rules = TurnsTrue(flip)
    monkeypatch.setattr(unserved, "rules_then", lambda *_: rules)
    written = Membership(0, flip, 2, 5, "definition", MORNING.replace(hour=10, minute=30))

    customer = Customer("1")
    parts = unserved.parts("t", "s", written, FREED)
    commits = unserved.caught_up("t", "s", written, parts, customer)
    last = unserved.taken_over("t", "s", commits[-1] if commits else written, FREED, at)
    commits += steps(last, FREED.number, rules, customer, at, "clock", restamp=True)  # type: ignore[arg-type]

    heard = []
    for before, after in zip([written, *commits], commits, strict=False):
        assert after.version == before.version + 1
        assert after.effective_at >= before.effective_at
        change = Change("s", "1", before, after)
        heard += [(flip.change, flip.cause, flip.effective_at) for flip in flips(change, NUMBERED.__getitem__)]
    return heard


@pytest.mark.parametrize("minutes", [31, 59, 60, 61, 119, 120, 121])
def test_a_move_by_the_clock_is_told_once_and_as_one(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Before, at and after the instants at which the definitions that readers see change."""
    flip = BEGUN.at + timedelta(minutes=minutes)

    assert told(monkeypatch, flip, FREED.at + timedelta(minutes=5)) == [("enter", "clock", flip)]


def test_a_bit_that_is_another_definitions_by_now_says_nothing_of_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots are used again at once: whoever was in the old definition is not in the new one by the clock."""
    wanted = LiveDefinition("c", 1, -1, build="c")
    begun = FREED.without("a", FREED.at).building([wanted], (), None, FREED.at)
    assert [(one.id, one.slot) for one in begun.live] == [("c.1", 0)]
    numbered = {**NUMBERED, begun.number: begun}
    monkeypatch.setattr(generations, "common", lambda table, shop, one, other: numbered[one].common(numbered[other]))
    written = Membership(0b01, FREED.at, BEGUN.number, 5, "fact", MORNING.replace(hour=10, minute=30))

    assert unserved.taken_over("t", "s", written, begun, FREED.at).bits == 0
    assert unserved.taken_over("t", "s", written, READ, FREED.at).bits == 0
    assert unserved.taken_over("t", "s", written, BEGUN, FREED.at).bits == 0b01
