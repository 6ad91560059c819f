"""Which commits bring a membership up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from segment_core.facts.customer import Customer
from segment_core.membership.rules import Rules
from segment_core.membership.steps import erased, steps
from segment_core.model.membership import Membership
from segment_core.rules import Answer
from segment_core.shop import Shop

START = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = Shop(ZoneInfo("UTC"), "EUR")
CUSTOMER = Customer("7")


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


@dataclass(frozen=True)
class Flips:
    """A rule that is False at first and flips at the given hours; it wakes early at the others."""

    hours: tuple[int, ...]
    early: tuple[int, ...] = ()

    def member(self, at: datetime) -> bool:
        return sum(hour(number) <= at for number in self.hours) % 2 == 1


@dataclass(frozen=True)
class Definitions:
    """The rules in the slots from 0 on."""

    flips: tuple[Flips, ...]

    def members(self, customer: Customer, shop: Shop, at: datetime) -> int:
        return sum(flips.member(at) << slot for slot, flips in enumerate(self.flips))

    def answer(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        hours = [hour(number) for flips in self.flips for number in (*flips.hours, *flips.early)]
        return Answer(self.members(customer, shop, at), min((one for one in hours if one > at), default=None))


def rules(*flips: Flips, unanswered: int = 0) -> Rules:
    return Rules(SHOP, Definitions(flips), unanswered)


def stored(bits: int = 0, due: datetime | None = None, generation: int = 1, at: datetime = START) -> Membership:
    return Membership(bits, due, generation, 5, "fact", at)


def test_a_fact_always_commits_so_that_a_slower_evaluation_fails_on_the_version() -> None:
    (commit,) = steps(stored(), 1, rules(Flips(())), CUSTOMER, hour(1), "fact")
    assert (commit.version, commit.cause, commit.effective_at) == (6, "fact", hour(1))


def test_a_sweep_that_finds_nothing_changed_writes_nothing() -> None:
    assert list(steps(stored(due=hour(9)), 1, rules(Flips((9,))), CUSTOMER, hour(1), "clock")) == []


def test_a_first_evaluation_by_a_build_is_written_only_if_it_says_something() -> None:
    assert list(steps(None, 1, rules(Flips(())), CUSTOMER, hour(1), "definition")) == []
    (waiting,) = steps(None, 1, rules(Flips((2,))), CUSTOMER, hour(1), "definition")
    assert (waiting.bits, waiting.due, waiting.version) == (0, hour(2), 1)


def test_an_outage_loses_no_flip_and_each_has_its_own_instant() -> None:
    commits = list(steps(stored(due=hour(2)), 1, rules(Flips((2, 4, 6))), CUSTOMER, hour(5), "clock"))
    assert [(commit.bits, commit.cause, commit.effective_at) for commit in commits] == [
        (1, "clock", hour(2)),
        (0, "clock", hour(4)),
    ]
    assert commits[-1].due == hour(6)


def test_a_fact_that_reveals_a_backlog_is_not_blamed_for_it() -> None:
    commits = list(steps(stored(due=hour(2)), 1, rules(Flips((2,))), CUSTOMER, hour(5), "fact"))
    assert [(commit.bits, commit.cause, commit.effective_at) for commit in commits] == [
        (1, "clock", hour(2)),
        (1, "fact", hour(5)),
    ]


def test_the_clock_is_not_blamed_for_a_fact_that_came_with_a_backlog() -> None:
    # Both were in; time ends the first at 2, a fact has ended the second.
    commits = list(steps(stored(bits=0b11, due=hour(2)), 1, rules(Flips((0, 2)), Flips(())), CUSTOMER, hour(5), "fact"))
    assert [(commit.bits, commit.cause, commit.effective_at) for commit in commits] == [
        (0b10, "clock", hour(2)),
        (0b00, "fact", hour(5)),
    ]


def test_what_a_build_finds_beside_its_definition_is_a_facts() -> None:
    (commit,) = steps(stored(bits=1), 2, rules(Flips(())), CUSTOMER, hour(1), "definition", restamp=True)
    assert (commit.bits, commit.cause) == (0, "fact")


def test_a_definition_that_cannot_be_answered_stays_as_it_is_and_the_others_go_on() -> None:
    broken = rules(Flips((1,)), unanswered=0b110)
    (commit,) = steps(stored(bits=0b010), 1, broken, CUSTOMER, hour(1), "fact")
    assert commit.bits == 0b011


def test_a_flip_at_the_very_instant_of_evaluation_is_the_clocks() -> None:
    (commit,) = steps(stored(due=hour(2)), 1, rules(Flips((2,))), CUSTOMER, hour(2), "clock")
    assert (commit.bits, commit.cause, commit.effective_at) == (1, "clock", hour(2))


def test_early_wake_ups_cost_one_commit_together() -> None:
    commits = list(steps(stored(due=hour(1)), 1, rules(Flips((9,), early=(1, 2, 3))), CUSTOMER, hour(4), "clock"))
    assert [(commit.bits, commit.due) for commit in commits] == [(0, hour(9))]


def test_a_change_that_a_sweep_finds_beside_the_clock_is_a_facts() -> None:
    (commit,) = steps(stored(bits=1, due=hour(9)), 1, rules(Flips((9,))), CUSTOMER, hour(1), "clock")
    assert (commit.bits, commit.cause) == (0, "fact")


def test_restamping_writes_an_item_of_an_older_generation_once() -> None:
    (commit,) = steps(stored(generation=1), 2, rules(Flips(())), CUSTOMER, hour(1), "definition", restamp=True)
    assert (commit.generation, commit.cause) == (2, "definition")
    assert list(steps(commit, 2, rules(Flips(())), CUSTOMER, hour(2), "definition", restamp=True)) == []


def test_history_does_not_run_backwards_for_a_slow_clock() -> None:
    (commit,) = steps(stored(at=hour(3)), 1, rules(Flips(())), CUSTOMER, hour(1), "fact")
    assert commit.effective_at == hour(3)


def test_erasure_takes_out_of_everything_once_and_leaves_a_tombstone() -> None:
    tombstone = erased(stored(bits=3, due=hour(2)), 1, hour(1))
    assert tombstone == Membership(0, None, 1, 6, "erasure", hour(1), erased=True)
    assert erased(tombstone, 1, hour(2)) is None
    assert erased(None, 1, hour(1)) == Membership(0, None, 1, 1, "erasure", hour(1), erased=True)


@given(
    flips=st.lists(st.sets(st.integers(1, 40), max_size=6), min_size=1, max_size=3),
    looks=st.lists(st.integers(0, 45), min_size=1, max_size=8),
)
def test_however_late_we_look_the_commits_tell_every_flip_at_its_instant(
    flips: list[set[int]], looks: list[int]
) -> None:
    all_rules = rules(*(Flips(tuple(sorted(hours))) for hours in flips))
    answer = all_rules.answer(CUSTOMER, START)
    last = Membership(answer.bits, answer.until, 1, 1, "fact", START)
    told: list[tuple[datetime, int]] = []
    for look in sorted(looks):
        for commit in steps(last, 1, all_rules, CUSTOMER, hour(look), "clock"):
            assert commit.version == last.version + 1
            assert commit.cause == "clock"
            told.append((commit.effective_at, commit.bits))
            last = commit
    instants = sorted({number for hours in flips for number in hours if number <= max(looks)})
    assert told == [(hour(number), all_rules.answer(CUSTOMER, hour(number)).bits) for number in instants]
