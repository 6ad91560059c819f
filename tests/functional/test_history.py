"""History: kept for as long as the operator says, and gone with its customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import project as projection
from segment_core.membership.flips import Change
from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.runtime import bus, environment
from segment_core.store import client, history, keys
from tests.functional.conftest import Stack, load_function
from tests.functional.published import SHOP, START, publish, record


def following(previous: Membership, bits: int = 0) -> Membership:
    """The commit after that one."""
    return replace(previous, bits=bits, version=previous.version + 1, effective_at=START + timedelta(hours=1))


def erasure(previous: Membership) -> Membership:
    """The commit that takes an erased customer out of everything."""
    return replace(following(previous), cause="erasure", erased=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[bus.Event]:
    """What is published, instead of a bus."""
    events: list[bus.Event] = []

    def keep(name: str, published: Sequence[bus.Event]) -> None:
        events.extend(published)

    monkeypatch.setattr(bus, "publish", keep)
    return events


@pytest.fixture
def entered(stack: Stack) -> Membership:
    """The state of a customer who is in two published segments."""
    generation = publish(stack.tables)
    return Membership(0b11, None, generation.number, 1, "fact", START)


def kept(stack: Stack, customer: str) -> list[dict[str, Any]]:
    partition = keys.customer(SHOP, customer)
    return [item for item in stack.items(stack.tables.history) if item["pk"] == partition]


def project(stack: Stack, *changes: Change, kept: timedelta = history.KEPT) -> int:
    return projection.project(stack.tables, stack.event_bus_name, changes, START, kept)


def test_an_entry_expires_when_it_has_been_kept_from_the_instant_it_tells_of(
    stack: Stack, entered: Membership, told: list[bus.Event]
) -> None:
    project(stack, Change(SHOP, "7", None, entered), kept=timedelta(days=30))
    expected = int(datetime(2026, 3, 31, tzinfo=UTC).timestamp())
    assert [item["expires_at"] for item in kept(stack, "7")] == [expected, expected]


def test_the_days_are_the_deployments(
    stack: Stack, entered: Membership, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_DAYS", "10")
    environment.environment.cache_clear()
    load_function("project").handler({"Records": [record(None, entered, "7")]}, context)
    assert {item["expires_at"] for item in kept(stack, "7")} == {int((START + timedelta(days=10)).timestamp())}


def test_erasing_deletes_the_customers_history_and_still_tells_that_they_left(
    stack: Stack, entered: Membership, told: list[bus.Event]
) -> None:
    project(stack, Change(SHOP, "7", None, entered), Change(SHOP, "70", None, entered))
    assert len(kept(stack, "7")) == 2
    told.clear()
    project(stack, Change(SHOP, "7", entered, erasure(entered)))
    assert kept(stack, "7") == []
    assert len(kept(stack, "70")) == 2
    assert [(event.detail_type, event.detail["cause"]) for event in told] == [("CustomerLeftSegment", "erasure")] * 2


def test_whoever_is_in_no_segment_any_more_is_erased_from_history_too(
    stack: Stack, entered: Membership, told: list[bus.Event]
) -> None:
    left = following(entered)
    project(stack, Change(SHOP, "7", None, entered), Change(SHOP, "7", entered, left))
    assert len(kept(stack, "7")) == 4
    project(stack, Change(SHOP, "7", left, erasure(left)))
    assert kept(stack, "7") == []


def test_a_stream_that_is_told_again_up_to_the_erasure_leaves_nothing(
    stack: Stack, entered: Membership, told: list[bus.Event]
) -> None:
    life = [Change(SHOP, "7", None, entered), Change(SHOP, "7", entered, erasure(entered))]
    project(stack, *life)
    for change in life:
        project(stack, change)
    assert kept(stack, "7") == []


def test_a_long_history_is_erased_to_its_end(stack: Stack, entered: Membership, told: list[bus.Event]) -> None:
    state, life = entered, [Change(SHOP, "7", None, entered)]
    for _ in range(40):
        following_one = following(state, bits=state.bits ^ 0b11)
        life.append(Change(SHOP, "7", state, following_one))
        state = following_one
    project(stack, *life)
    assert len(kept(stack, "7")) > client.BATCH_WRITE_LIMIT
    project(stack, Change(SHOP, "7", state, erasure(state)))
    assert kept(stack, "7") == []


def test_the_handler_may_erase(stack: Stack, entered: Membership, context: SimpleNamespace) -> None:
    handler = load_function("project").handler
    handler({"Records": [record(None, entered, "7")]}, context)
    handler({"Records": [record(entered, erasure(entered), "7")]}, context)
    assert kept(stack, "7") == []
