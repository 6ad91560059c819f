"""Handlers on moto: the tables and queues of `template.yaml`, and the functions as they are deployed.

moto is one for each test module; each test has tables and queues of its own. Transactions under
concurrency and streams are not moto's strength: they are shown elsewhere.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from segment_core import clock
from segment_core.api import routing
from segment_core.runtime import bus, environment, files, machine, queue, secrets, signing
from segment_core.runtime.observability import logger
from segment_core.segments.shops import put_shop
from segment_core.store import client
from segment_core.store.tables import Tables

from . import five
from .api_caller import ApiCaller
from .permissions import only_what_roles_grant  # noqa: F401  (a fixture of every test here)
from .tables import create_tables

if TYPE_CHECKING:
    from .living import Living
    from .streams import Streams

REPOSITORY = Path(__file__).parents[2]
REGION = "us-east-1"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def new_queue(logical_id: str) -> str:
    """Create a queue under a name of its own; returns its address."""
    answer = queue.client().create_queue(
        QueueName=f"{logical_id}-{next(_numbers)}", Attributes={"MaximumMessageSize": str(queue.MESSAGE_LIMIT_BYTES)}
    )
    address: str = answer["QueueUrl"]
    return address


def new_machine(logical_id: str) -> str:
    """Create a state machine under a name of its own, which runs nothing by itself; returns its ARN."""
    answer = machine.client().create_state_machine(
        name=f"{logical_id}-{next(_numbers)}",
        definition=json.dumps({"StartAt": "Ended", "States": {"Ended": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/build",
    )
    arn: str = answer["stateMachineArn"]
    return arn


@dataclass(frozen=True)
class Stack:
    """What a test may look into, beside what handlers answer."""

    tables: Tables
    ingest_queue_url: str
    ingest_dead_letter_queue_url: str
    work_queue_url: str
    project_retry_queue_url: str
    secrets_prefix: str
    event_bus_name: str
    build_machine_arn: str
    exports_bucket: str

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """All messages of a queue, taken off it."""
        found: list[dict[str, Any]] = []
        while received := queue.client().receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                found.append(json.loads(message["Body"]))
                queue.client().delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table."""
        return [item for page, _ in client.pages("scan", TableName=table) for item in page]


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """moto, with clients made inside it and forgotten after it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            # Newer clients put the account into the address, where moto does not find them.
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        _forget_clients()
        with mock_aws():
            yield
        _forget_clients()


def _forget_clients() -> None:
    for module in (client, queue, secrets, bus, files, machine):
        module.client.cache_clear()
    signing.key.cache_clear()


@pytest.fixture
def stack(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Empty tables and queues, named in the environment as the template does, and a clock that stands still."""
    made = Stack(
        tables=create_tables(f"test-{next(_numbers)}"),
        ingest_queue_url=new_queue("IngestQueue"),
        ingest_dead_letter_queue_url=new_queue("IngestDeadLetterQueue"),
        work_queue_url=new_queue("WorkQueue"),
        project_retry_queue_url=new_queue("ProjectRetryQueue"),
        secrets_prefix=f"/tidemark-{next(_numbers)}",
        event_bus_name=f"tidemark-{next(_numbers)}",
        build_machine_arn=new_machine("BuildMachine"),
        exports_bucket=f"tidemark-exports-{next(_numbers)}",
    )
    files.client().create_bucket(Bucket=made.exports_bucket)
    bus.client().create_event_bus(Name=made.event_bus_name)
    for name, value in {
        "CUSTOMERS_TABLE": made.tables.customers,
        "MEMBERSHIPS_TABLE": made.tables.memberships,
        "MEMBERS_TABLE": made.tables.members,
        "HISTORY_TABLE": made.tables.history,
        "SEGMENTS_TABLE": made.tables.segments,
        "INGEST_QUEUE_URL": made.ingest_queue_url,
        "INGEST_DEAD_LETTER_QUEUE_URL": made.ingest_dead_letter_queue_url,
        "WORK_QUEUE_URL": made.work_queue_url,
        "PROJECT_RETRY_QUEUE_URL": made.project_retry_queue_url,
        "SECRETS_PREFIX": made.secrets_prefix,
        "EVENT_BUS_NAME": made.event_bus_name,
        "EXPORTS_BUCKET": made.exports_bucket,
        "CURSOR_KEY": f"{made.secrets_prefix}/cursor-key",
        "HISTORY_DAYS": "400",
        "DEFINITIONS_PER_SHOP": "1000",
        "BUILDS_PER_SHOP": "10",
        "PREVIEWS_PER_MINUTE": "30",
        "BUILD_MACHINE_ARN": made.build_machine_arn,
        "BUILD_WORKERS": "1",
        "BUILD_CUSTOMERS_A_SECOND": "1000000",
        "AUDIT_CUSTOMERS": "3",
        "AUDIT_REPAIRS": "no",
    }.items():
        monkeypatch.setenv(name, value)
    environment.environment.cache_clear()
    signing.key.cache_clear()
    clock.use(lambda: NOW)
    yield made
    clock.use(None)
    environment.environment.cache_clear()


@pytest.fixture
def tables(stack: Stack) -> Tables:
    """The tables alone, for tests of what is between them."""
    return stack.tables


@pytest.fixture
def event_bus(stack: Stack) -> str:
    """The name of the bus that enters and leaves are told on."""
    return stack.event_bus_name


@pytest.fixture
def shop(stack: Stack) -> Stack:
    """The shop `demo`, in Oslo."""
    put_shop(
        stack.tables,
        "demo",
        domain="demo.example.com",
        zone="Europe/Oslo",
        currency="NOK",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    return stack


@pytest.fixture
def calls(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The calls of DynamoDB from now on, by operation."""
    counted: Counter[str] = Counter()
    dynamodb = client.client()
    make = dynamodb._make_api_call

    def counting(operation: str, request: dict[str, Any]) -> Any:
        counted[operation] += 1
        return make(operation, request)

    monkeypatch.setattr(dynamodb, "_make_api_call", counting)
    return counted


def load_function(name: str) -> ModuleType:
    """A function's `app.py`, loaded anew, so that nothing it remembers is from another test."""
    spec = importlib.util.spec_from_file_location(f"functions_{name}", REPOSITORY / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged from now on, as the lines that a log group would hold."""
    lines = io.StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", lines)
    return lines


@pytest.fixture
def context() -> SimpleNamespace:
    """What Lambda tells a handler of its invocation."""
    return SimpleNamespace(
        function_name="function",
        function_version="1",
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:function",
        aws_request_id="00000000-0000-4000-8000-000000000000",
        log_group_name="/aws/lambda/function",
        log_stream_name="stream",
        get_remaining_time_in_millis=lambda: 30_000,
    )


@pytest.fixture
def api(stack: Stack, context: SimpleNamespace) -> ApiCaller:
    """The API, asked with a token for the shop `demo` and every scope; the shop was not made yet."""
    routing.tables.cache_clear()
    return ApiCaller(load_function("api"), context)


@pytest.fixture
def streams(shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Streams:
    """The tables' streams, read by the functions that they wake."""
    from .streams import Streams  # which is made of what stands above

    return Streams(shop, context, monkeypatch)


@pytest.fixture
def living(stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> Living:
    """Five customers on the first of March, and no segment yet."""
    from .living import Living

    made = Living.open(stack, api, monkeypatch, five.MARCH)
    made.tell(*five.CUSTOMERS)
    return made


@pytest.fixture
def recent(living: Living) -> str:
    """Who ordered in the last 30 days: c01, c02 and c05."""
    return living.make("Recent", "last_order_date >= -30d")


@pytest.fixture
def vips(living: Living) -> str:
    """c03, c04 and c05."""
    return living.make("VIPs", "customer_tags CONTAINS 'vip'")
