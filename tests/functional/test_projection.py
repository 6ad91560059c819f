"""Lists, counts, history and events follow membership exactly once, however often they are told."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from segment_core.membership import project as projection
from segment_core.membership.budget import unlimited
from segment_core.membership.flips import Change
from segment_core.membership.jobs import REST, work
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.model.segment import SegmentRecord, ShopRecord
from segment_core.record import replace
from segment_core.runtime import bus
from segment_core.segments import builds
from segment_core.segments.plan import Edit, planned
from segment_core.shop import OrderPolicy
from segment_core.store import client, generations, jobs, members, segments, shops
from segment_core.store.tables import Tables
from tests.functional.conftest import Stack, load_function
from tests.functional.published import DEFINITIONS, SHOP, START, publish, record


@pytest.fixture
def tables(stack: Stack) -> Tables:
    return stack.tables


@pytest.fixture
def event_bus(stack: Stack) -> str:
    return stack.event_bus_name


@pytest.fixture
def generation(tables: Tables) -> Generation:
    """A shop that reads three segments."""
    return publish(tables)


def life(customer: str, generation: Generation, seed: int) -> list[Change]:
    """The commits of one customer, as a stream tells them."""
    chance = random.Random(f"{customer} {seed}")
    states = [
        Membership(chance.randrange(8), None, generation.number, version, "fact", START + timedelta(hours=version))
        for version in range(1, 7)
    ]
    first = Change(SHOP, customer, None, states[0])
    return [first, *(Change(SHOP, customer, old, new) for old, new in pairwise(states))]


def lists(tables: Tables) -> dict[str, list[str]]:
    return {
        definition: [customer for customer, _ in members.members(tables.members, SHOP, definition, "", 100).members]
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
    monkeypatch.setattr(bus, "publish", lambda _, events: published.extend(events))
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
    assert {detail["segment_name"] for detail in details} <= {"AAA", "BBB", "CCC"}


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


def test_the_handler_takes_stream_records_to_the_lists_within_its_grants(
    tables: Tables, generation: Generation, event_bus: str, context: SimpleNamespace
) -> None:
    first = Membership(0b011, None, generation.number, 1, "fact", START)
    second = Membership(0b110, START + timedelta(days=1), generation.number, 2, "clock", START)
    records = [record(None, first, "7"), record(first, second, "7"), record(None, first, "8")]
    assert load_function("project").handler({"Records": records}, context) == {"batchItemFailures": []}
    assert lists(tables) == {"aaa.1": ["8"], "bbb.1": ["7", "8"], "ccc.1": ["7"]}
    assert counts(tables) == {"aaa.1": 1, "bbb.1": 2, "ccc.1": 1}


def test_a_counter_of_what_is_gone_goes_although_a_transaction_was_in_the_way(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = members.Row("gone.1", "c1", True, START, 1)
    members.apply(tables, SHOP, [row], START)
    delete, in_the_way = client.delete, [True]
    monkeypatch.setattr(client, "delete", lambda *asked: False if in_the_way and in_the_way.pop() else delete(*asked))

    members.remove(tables, SHOP, [row])

    assert segments.count(tables.segments, SHOP, "gone.1") == 0


def test_a_list_of_a_definition_that_is_gone_is_left_alone(
    tables: Tables, generation: Generation, event_bus: str
) -> None:
    withdrawn = generation.without("aaa", START)
    gone = withdrawn.freed({"aaa.1"}, START)
    assert generations.save(tables.segments, SHOP, withdrawn, generation)
    assert generations.save(tables.segments, SHOP, gone, withdrawn)
    state = Membership(0b11, None, generation.number, 1, "fact", START)
    projection.project(tables, event_bus, [Change(SHOP, "7", None, state)], START)
    assert lists(tables) == {"aaa.1": [], "bbb.1": ["7"], "ccc.1": []}


def test_a_list_does_not_come_back_for_what_was_under_way_while_it_was_cleared(
    tables: Tables, generation: Generation, event_bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = members.apply
    record = segments.read(tables.segments, SHOP, "aaa")
    assert record is not None

    def overtaken(*arguments: Any) -> None:
        gone = generation.without("aaa", START)
        withdrawn = segments.put_operation(tables.segments, SHOP, replace(record, deleted=True), record)
        clearing = builds.withdraw(tables, SHOP, generation, gone, "job", START)
        assert generations.save(tables.segments, SHOP, gone, generation, [withdrawn, *clearing])
        for at in (START, START + REST):
            work(tables, SHOP, "job", at, unlimited)
        assert jobs.read(tables.segments, SHOP, "job") is None
        apply(*arguments)

    monkeypatch.setattr(members, "apply", overtaken)
    state = Membership(0b11, None, generation.number, 1, "fact", START)
    projection.project(tables, event_bus, [Change(SHOP, "7", None, state)], START)
    assert lists(tables) == {"aaa.1": [], "bbb.1": ["7"], "ccc.1": []}
    kinds = [
        item["sk"]
        for item in client.query(
            tables.segments,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :count)",
            ExpressionAttributeValues=client.encode({":pk": SHOP, ":count": "COUNT#"}),
        )
    ]
    assert [sk.split("#")[1] for sk in kinds] == ["bbb.1"]


def commits(generation: Generation, old: int | None, new: int, customers: range) -> list[Change]:
    """One commit of each customer, from those bits (None: they had no membership) to these."""
    before = None if old is None else Membership(old, None, generation.number, 1, "fact", START)
    after = Membership(new, None, generation.number, 2, "fact", START)
    return [Change(SHOP, str(number), before, after) for number in customers]


def test_commits_that_move_nobody_cost_no_call(
    tables: Tables, generation: Generation, event_bus: str, calls: Counter[str]
) -> None:
    still = [*commits(generation, 0b101, 0b101, range(50)), *commits(generation, None, 0, range(50, 100))]
    calls.clear()
    assert projection.project(tables, event_bus, still, START) == 0
    assert calls == {}


def test_commits_that_move_nobody_in_a_segment_cost_no_call_once_the_generation_is_known(
    tables: Tables, generation: Generation, event_bus: str, calls: Counter[str]
) -> None:
    # The bit of a definition that is gone means nothing.
    unheard = commits(generation, 0, 0b1000, range(10))
    calls.clear()
    projection.project(tables, event_bus, unheard, START)
    assert calls == {"GetItem": 1}
    projection.project(tables, event_bus, unheard, START)
    assert calls == {"GetItem": 1}


def test_flips_of_one_shop_share_their_calls(
    tables: Tables, generation: Generation, event_bus: str, calls: Counter[str]
) -> None:
    changes = [
        *commits(generation, None, 0b001, range(4)),
        *commits(generation, 0, 0b010, range(4, 7)),
        *commits(generation, None, 0b100, range(7, 10)),
    ]
    generations.numbered(tables.segments, SHOP, generation.number)
    calls.clear()
    assert projection.project(tables, event_bus, changes, START) == 10
    # Generation and names, rows; rows with counters; history.
    assert calls == {"BatchGetItem": 2, "TransactWriteItems": 1, "BatchWriteItem": 1}
    assert counts(tables) == {"aaa.1": 4, "bbb.1": 3, "ccc.1": 3}


def test_a_flip_told_again_writes_no_row_again(
    tables: Tables, generation: Generation, event_bus: str, calls: Counter[str]
) -> None:
    changes = commits(generation, None, 0b001, range(3))
    projection.project(tables, event_bus, changes, START)
    calls.clear()
    assert projection.project(tables, event_bus, changes, START) == 3
    assert calls == {"BatchGetItem": 2, "BatchWriteItem": 1}


def test_as_many_rows_share_a_transaction_as_it_can_carry(
    tables: Tables, generation: Generation, event_bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    transact = client.transact

    def measured(operations: Sequence[Mapping[str, Any]]) -> bool:
        sizes.append(len(operations))
        return transact(operations)

    monkeypatch.setattr(client, "transact", measured)
    projection.project(tables, event_bus, commits(generation, None, 0b111, range(60)), START)
    assert counts(tables) == {"aaa.1": 60, "bbb.1": 60, "ccc.1": 60}
    assert len(sizes) == 2
    # One more row might have brought its counter along.
    assert client.TRANSACTION_LIMIT - 1 <= sizes[0] <= client.TRANSACTION_LIMIT


def test_shops_of_one_batch_share_the_reading_of_rules_and_names(
    tables: Tables, generation: Generation, event_bus: str, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = another_shop(tables)
    told: list[bus.Event] = []
    monkeypatch.setattr(bus, "publish", lambda _, events: told.extend(events))
    entered = Membership(1, None, read.number, 1, "fact", START)
    changes = [Change("other", "9", None, entered), *commits(generation, None, 0b010, range(1))]
    generations.numbered(tables.segments, SHOP, generation.number)
    generations.numbered(tables.segments, "other", read.number)
    calls.clear()
    projection.project(tables, event_bus, changes, START)
    assert {(event.detail["shop"], event.detail["segment_name"]) for event in told} == {("other", "DDD"), (SHOP, "BBB")}
    # One for both shops; each has its rows and their transaction.
    assert calls == {"BatchGetItem": 1 + 2, "TransactWriteItems": 2, "BatchWriteItem": 1}


def another_shop(tables: Tables) -> Generation:
    """A shop that reads one segment, called DDD."""
    record = ShopRecord("other", "other.example.com", "UTC", "EUR", False, False, START, START)
    first = Generation(1, START, "UTC", "EUR", OrderPolicy())
    building = planned(first, {"ddd": Edit(1, ())}, "b", START).generation
    read = building.publishing("b", START)
    named = segments.put_operation(tables.segments, "other", SegmentRecord("ddd", "DDD", 1, START, START), None)
    assert shops.save(tables.segments, record, first, None, over=None)
    assert generations.save(tables.segments, "other", building, first, [named])
    assert generations.save(tables.segments, "other", read, building)
    return read
