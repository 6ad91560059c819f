"""What whoever listens to the bus gets: the samples and the rule in the documentation are held to the real thing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.runtime import bus, queue
from tests.functional.conftest import REPOSITORY, Stack, load_function, new_queue
from tests.functional.published import START, publish, record

SEGMENT = "3f9c1a7be042"
SAMPLES = ("customer-entered-segment", "customer-left-segment")
# Fields of an event that are of the deployment and the moment.
OF_THE_BUS = ("id", "account", "region")

_numbers = count(1)


def sample(name: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads((REPOSITORY / "events" / "bus" / f"{name}.json").read_text(encoding="utf-8"))
    return shown


def without(event: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {field: value for field, value in event.items() if field not in fields}


def listen(stack: Stack, pattern: Mapping[str, Any]) -> str:
    """The address of a queue that gets what the pattern lets through."""
    address = new_queue("Consumer")
    arn = queue.client().get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {"Name": f"rule-{next(_numbers)}", "EventBusName": stack.event_bus_name}
    bus.client().put_rule(**rule, EventPattern=json.dumps(pattern))
    bus.client().put_targets(Rule=rule["Name"], EventBusName=stack.event_bus_name, Targets=[{"Id": "1", "Arn": arn}])
    return address


@pytest.fixture
def enter_and_leave(stack: Stack, context: SimpleNamespace) -> Callable[[], None]:
    """Has one customer enter for an order and leave 30 days later, told by `project` itself."""

    def happen() -> None:
        generation = publish(stack.tables, {SEGMENT: "Recent purchasers"})
        entered = Membership(1, START + timedelta(days=30), generation.number, 1, "fact", START)
        left = replace(entered, bits=0, due=None, version=2, cause="clock", effective_at=START + timedelta(days=30))
        records = [record(None, entered, "8401"), record(entered, left, "8401")]
        load_function("project").handler({"Records": records}, context)

    return happen


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_a_consumer_gets(stack: Stack, enter_and_leave: Callable[[], None], name: str) -> None:
    shown = sample(name)
    address = listen(stack, {"source": [bus.SOURCE], "detail-type": [shown["detail-type"]]})
    enter_and_leave()
    (event,) = stack.messages(address)
    # The bus adds these itself (moto does not know the account).
    assert {field: type(value) for field, value in shown.items() if field in OF_THE_BUS} == dict.fromkeys(
        OF_THE_BUS, str
    )
    assert without(event, OF_THE_BUS) == without(shown, OF_THE_BUS)


def test_the_rule_of_the_documentation_hears_enters_into_one_segment(
    stack: Stack, enter_and_leave: Callable[[], None]
) -> None:
    page = (REPOSITORY / "docs" / "events.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    resources = yaml_parse(block)["Resources"]
    pattern = resources["WelcomeRule"]["Properties"]["EventPattern"]
    heard, unheard = listen(stack, pattern), listen(stack, {**pattern, "detail": {"segment_id": ["another"]}})
    enter_and_leave()
    assert [event["detail"]["id"] for event in stack.messages(heard)] == [sample(SAMPLES[0])["detail"]["id"]]
    assert stack.messages(unheard) == []
