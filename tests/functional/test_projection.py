"""Lists, counts, history and events follow membership exactly once, however often they are told."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest

from segment_core.membership import project as projection
from segment_core.membership.flips import Change
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.model.segment import Job, SegmentRecord, ShopRecord
from segment_core.shop import OrderPolicy
from segment_core.store import members, segments, shops
from segment_core.store.tables import Tables
from tests.functional.conftest import Stack

SHOP = "demo"
START = datetime(2026, 3, 1, tzinfo=UTC)
SEGMENTS = ("aaa", "bbb")
DEFINITIONS = ("aaa.1", "bbb.1")


@pytest.fixture
def tables(stack: Stack) -> Tables:
    return stack.tables


@pytest.fixture
def event_bus(stack: Stack) -> str:
    return stack.event_bus_name


@pytest.fixture
def generation(tables: Tables) -> Generation:
    """A shop that reads two segments."""
    latest = Generation(1, START, "UTC", "EUR", OrderPolicy())
    record = ShopRecord(SHOP, "demo.example.com", "UTC", "EUR", False, False, START, START)
    assert shops.save(tables.segments, record, latest, None)
    for segment in SEGMENTS:
        job = Job(segment, "walk", 1, START)
        named = SegmentRecord(segment, segment.upper(), "number_of_orders > 0", 1, "building", START, START)
        building = latest.adding(segment, 1, START)
        assert segments.create(tables.segments, SHOP, named, job, building, latest)
        latest = building.publishing(segment, 1, START)
        assert segments.change(tables.segments, SHOP, named, job, latest, building)
    return latest


def life(customer: str, generation: Generation, seed: int) -> list[Change]:
    """The commits of one customer, as a stream tells them."""
    chance = random.Random(f"{customer} {seed}")
    states = [
        Membership(chance.randrange(4), None, generation.number, version, "fact", START + timedelta(hours=version))
        for version in range(1, 7)
    ]
    first = Change(SHOP, customer, None, states[0])
    return [first, *(Change(SHOP, customer, old, new) for old, new in pairwise(states))]


def lists(tables: Tables) -> dict[str, list[str]]:
    return {
        definition: [customer for customer, _ in members.members(tables.members, SHOP, definition, "", 2)]
        for definition in DEFINITIONS
    }


def counts(tables: Tables) -> dict[str, int]:
    return {definition: segments.count(tables.segments, SHOP, definition) for definition in DEFINITIONS}


def expected(changes: list[Change]) -> dict[str, list[str]]:
    last = {change.customer: change.new for change in sorted(changes, key=lambda change: change.new.version)}
    return {
        definition: sorted(customer for customer, state in last.items() if state.bits >> slot & 1)
        for slot, definition in enumerate(DEFINITIONS)
    }


@pytest.mark.parametrize("seed", range(4))
def test_any_order_any_number_of_times(tables: Tables, generation: Generation, event_bus: str, seed: int) -> None:
    changes = [change for number in range(12) for change in life(f"c{number}", generation, seed)]
    chance = random.Random(seed)
    told = changes + chance.sample(changes, 30)
    chance.shuffle(told)
    while told:
        size = chance.randrange(1, 15)
        projection.project(tables, event_bus, told[:size], START)
        told = told[size:]
    assert lists(tables) == expected(changes)
    assert counts(tables) == {definition: len(found) for definition, found in expected(changes).items()}


def test_history_and_events_tell_each_flip_under_one_id(
    tables: Tables, generation: Generation, event_bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[Any] = []
    monkeypatch.setattr(projection.bus, "publish", lambda bus, events: published.extend(events))
    changes = [change for number in range(5) for change in life(f"c{number}", generation, 1)]
    for _ in range(2):
        projection.project(tables, event_bus, changes, START)
    details = [event.detail for event in published]
    history = boto3.client("dynamodb").scan(TableName=tables.history)["Items"]
    assert len(details) == 2 * len(history) > 0
    assert len({detail["id"] for detail in details}) == len(history)
    folded: dict[tuple[Any, Any], list[Any]] = {}
    for detail in details[: len(history)]:
        folded.setdefault((detail["customer_id"], detail["segment_id"]), []).append(detail["change"])
    assert all(changes[0] == "enter" for changes in folded.values())
    assert all(one != other for changes in folded.values() for one, other in pairwise(changes))
    assert {detail["segment_name"] for detail in details} <= {"AAA", "BBB"}


def test_events_reach_the_bus(tables: Tables, generation: Generation, event_bus: str) -> None:
    sqs, events = boto3.client("sqs"), boto3.client("events")
    queue_url = sqs.create_queue(QueueName=f"{event_bus}-told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventBusName=event_bus, EventPattern=json.dumps({"source": ["tidemark"]}))
    events.put_targets(Rule="all", EventBusName=event_bus, Targets=[{"Id": "told", "Arn": arn}])
    state = Membership(0b01, None, generation.number, 1, "clock", START)
    projection.project(tables, event_bus, [Change(SHOP, "7", None, state)], START)
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("tidemark", "CustomerEnteredSegment")
    assert event["detail"] == {
        "id": "demo/aaa/7/1",
        "shop": "demo",
        "customer_id": "7",
        "segment_id": "aaa",
        "segment_name": "AAA",
        "definition_id": "aaa.1",
        "change": "enter",
        "cause": "clock",
        "effective_at": "2026-03-01T00:00:00Z",
        "version": 1,
    }


def test_a_list_of_a_definition_that_is_gone_is_left_alone(
    tables: Tables, generation: Generation, event_bus: str
) -> None:
    gone = generation.without("aaa", START)
    record = ShopRecord(SHOP, "demo.example.com", "UTC", "EUR", False, False, START, START)
    assert shops.save(tables.segments, record, gone, generation)
    state = Membership(0b11, None, generation.number, 1, "fact", START)
    projection.project(tables, event_bus, [Change(SHOP, "7", None, state)], START)
    assert lists(tables) == {"aaa.1": [], "bbb.1": ["7"]}


def test_members_come_in_order_through_pages_and_shards(tables: Tables, generation: Generation, event_bus: str) -> None:
    customers = [f"{number:03d}" for number in range(60)]
    state = Membership(0b01, None, generation.number, 1, "fact", START)
    projection.project(tables, event_bus, [Change(SHOP, customer, None, state) for customer in customers], START)
    assert [customer for customer, _ in members.members(tables.members, SHOP, "aaa.1", "", 7)] == customers
    assert [customer for customer, _ in members.members(tables.members, SHOP, "aaa.1", "029", 7)] == customers[30:]
