"""A build that reads DynamoDB's export of the customers table in place of the roster."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.membership import export
from segment_core.membership.jobs import at_once
from segment_core.membership.machine import Worker
from segment_core.runtime import objects
from segment_core.segments import builds, reads
from segment_core.store import client, facts
from tests.functional.builds import DEFINITION, FUNCTION, started
from tests.functional.conftest import NOW, Stack
from tests.functional.customers import SHOP, customer_with_order, names, recent, store
from tidemark.stack import state_machine
from tidemark.stack.state_machine import Surroundings

IN = "2026-02-20T10:00:00Z"
EXPORT = "AWSDynamoDB/01700000000000-a1b2c3d4"
BUCKET = "exports"


@pytest.fixture
def buyers(shop: Stack) -> list[str]:
    """Customers who bought a while ago."""
    customers = [f"c{number}" for number in range(9)]
    for customer in customers:
        store(shop, customer_with_order(customer, IN))
    return customers


def exported(stack: Stack, files: int) -> dict[str, bytes]:
    """The objects of an export of the customers table, in DYNAMODB_JSON: as many data files, and their manifests."""
    items = [line for page in _raw(stack.tables.customers) for line in page]
    made: dict[str, bytes] = {}
    manifest = []
    for number in range(files):
        key = f"{EXPORT}/data/file{number}.json.gz"
        mine = items[number::files]
        made[key] = gzip.compress("".join(json.dumps({"Item": item}) + "\n" for item in mine).encode())
        manifest.append({"itemCount": len(mine), "md5Checksum": "x==", "etag": "x-1", "dataFileS3Key": key})
    made[f"{EXPORT}/manifest-files.json"] = "".join(json.dumps(one) + "\n" for one in manifest).encode()
    summary = {
        "version": "2020-06-30",
        "exportFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
        "s3Bucket": BUCKET,
        "manifestFilesS3Key": f"{EXPORT}/manifest-files.json",
        "itemCount": len(items),
    }
    made[f"{EXPORT}/manifest-summary.json"] = json.dumps(summary).encode()
    return made


def _raw(table: str) -> Iterator[list[dict[str, Any]]]:
    yield client.client().scan(TableName=table)["Items"]


def run(
    stack: Stack, made: dict[str, bytes], asked: dict[str, Any], customers_a_call: int = 1_000_000
) -> list[dict[str, Any]]:
    """Run the machine on the export, each task with time for so many looks at the clock; returns the tasks."""
    tasks: list[dict[str, Any]] = []
    summary = json.loads(made[f"{EXPORT}/manifest-summary.json"])
    export_of = {"bucket": summary["s3Bucket"], "manifest_files": summary["manifestFilesS3Key"]}

    def invoke(_: str, task: Any) -> Any:
        tasks.append(task)
        assert len(tasks) < 200, "the job does not end"
        looks = iter([1.0] * customers_a_call)
        return Worker(stack.tables, NOW, lambda: next(looks, 0.0), at_once, workers=1).do(task)

    definition = state_machine.load(DEFINITION.read_text(), {"BuildFunctionArn": FUNCTION}, DEFINITION.name)
    surroundings = Surroundings(invoke, lambda bucket, key: made[key], pause=lambda seconds: None)
    state_machine.run(definition, {**asked, "export": export_of}, surroundings)
    return tasks


@pytest.mark.parametrize("customers_a_call", [1, 1_000_000])
def test_a_build_walks_through_the_files_of_an_export(
    shop: Stack, buyers: list[str], monkeypatch: pytest.MonkeyPatch, customers_a_call: int
) -> None:
    monkeypatch.setattr(builds, "SECONDS_PER_REQUEST", 0.0)
    monkeypatch.setattr(export, "PAGE", 2)
    segment = recent(shop).id
    (asked,) = started(shop)
    made = exported(shop, files=3)

    @contextmanager
    def reading(bucket: str, key: str) -> Iterator[IO[bytes]]:
        assert bucket == BUCKET
        yield io.BytesIO(made[key])

    monkeypatch.setattr(objects, "reading", reading)
    # The roster is asked for who has to be told, after the publication, and for numbers.
    walked: list[int] = []
    roster = facts.roster
    monkeypatch.setattr(facts, "roster", lambda *asked: (walked.append(asked[2]), roster(*asked))[1])
    tasks = run(shop, made, asked, customers_a_call)
    steps = [task["do"] for task in tasks]
    assert "part" not in steps[: steps.index("end_of_files")]
    found = reads.read(shop.tables, SHOP, segment, NOW)
    assert (found.state, found.count) == ("ready", len(buyers))
    assert {customer: names(shop, customer) for customer in buyers} == {customer: ["Recent"] for customer in buyers}


def test_other_shops_orders_and_the_erased_are_passed_over(shop: Stack) -> None:
    lines = [
        {"pk": {"S": "demo#1"}, "sk": {"S": "PROFILE"}, "facts": {"S": "{}"}},
        {"pk": {"S": "demo#1"}, "sk": {"S": "ORDER#2026#7"}},
        {"pk": {"S": "demo#order#7"}, "sk": {"S": "-"}},
        {"pk": {"S": "other#2"}, "sk": {"S": "PROFILE"}},
        {"pk": {"S": "demo#3"}, "sk": {"S": "PROFILE"}, "erased": {"BOOL": True}},
        {"pk": {"S": "demo#4"}, "sk": {"S": "PROFILE"}},
    ]
    file = gzip.compress("".join(json.dumps({"Item": item}) + "\n" for item in lines).encode())
    assert list(export.customers(io.BytesIO(file), "demo", 0)) == [("1", 1), ("4", 6)]
    assert list(export.customers(io.BytesIO(file), "demo", 1)) == [("4", 6)]


@pytest.mark.parametrize("line", ["{", "[]", '{"Item": {"pk": {"S": "demo#1"}}}', '{"pk": 1}'])
def test_a_file_in_another_format_is_refused(line: str) -> None:
    with pytest.raises(NotUnderstood, match="line 1"):
        list(export.customers(io.BytesIO(gzip.compress(line.encode())), "demo", 0))


def test_an_export_of_a_build_that_is_over_is_not_read(shop: Stack) -> None:
    worker = Worker(shop.tables, NOW, lambda: 1.0, at_once, workers=1)
    task = {"do": "file", "shop": SHOP, "job": "over", "bucket": BUCKET, "key": "k", "after": 7}
    assert worker.do(task) == {"ended": True, "after": 7}
