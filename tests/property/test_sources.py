"""Whatever stands in a body, an event or an export, it becomes facts that can be stored and read, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.errors import NotUnderstood
from segment_core.facts import order, profile
from segment_core.facts.document import assemble, assemble_order
from segment_core.facts.told import Fact, OrderFact, ProfileFact
from segment_core.ingest import messages
from segment_core.ingest.platforms import SHOPIFY, WOOCOMMERCE
from segment_core.ingest.topics import understand
from tests.unit.ingest.bodies import EVENTS, RECEIVED, samples
from tidemark.cli.import_formats import source

Place = tuple[str | int, ...]

WOO = [json.loads(path.read_text()) for path in sorted((EVENTS / "woocommerce").glob("*.json"))]
BODIES = [
    *((SHOPIFY, sample["topic"], sample["body"]) for sample in samples()),
    *((WOOCOMMERCE, sample["topic"], sample["body"]) for sample in WOO),
]
ENVELOPES = [json.loads(path.read_text()) for path in sorted((EVENTS / "partner-bus").glob("*.json"))]
EXPORTS = EVENTS / "exports"

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "", " ", "gid://shopify/Order/1", "gid://shopify/Order/#", "2026-03-01", "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00", "1E999999999", "NaN", "\ud83d", "x" * 5000, "a#b", "9" * 400, [], {}, [[]],
            [{}], [None], {"id": None}, {"id": {}}, [{"id": "a b"}], {"nodes": [1]}, {"edges": [{}]},
            {"shopMoney": {"amount": "1E99"}},
        ]
    ),
)  # fmt: skip


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """The path of everything in a JSON value, itself excepted."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(value: Any, path: Place, to: object) -> Any:
    if not path:
        return to
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], to)
    return copy


def check(facts: tuple[Fact, ...]) -> None:
    """What was understood can be stored, and read again."""
    for fact in facts:
        if isinstance(fact, OrderFact):
            assemble_order(order.decode(fact.told.encode()).document(fact.order_id))
        elif isinstance(fact, ProfileFact):
            assemble(profile.decode(fact.told.encode()).document(fact.customer_id))


@settings(max_examples=300)
@given(st.data())
def test_of_a_body(data: st.DataObject) -> None:
    platform, topic, body = data.draw(st.sampled_from(BODIES))
    for _ in range(data.draw(st.integers(1, 2))):
        body = changed(body, data.draw(st.sampled_from(list(places(body)))), data.draw(HOSTILE))
        if not body:
            return
    with suppress(NotUnderstood):
        check(understand(topic, body, RECEIVED, None, platform.topics))


@settings(max_examples=80)
@given(st.data())
def test_of_an_event_of_a_partner_bus(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(ENVELOPES))
    event = changed(event, data.draw(st.sampled_from(list(places(event)))), data.draw(HOSTILE))
    with suppress(NotUnderstood):
        check(messages.read(json.dumps(event), lambda domain: "demo").facts)


@settings(max_examples=60)
@given(st.data())
def test_of_a_bulk_operation(data: st.DataObject) -> None:
    lines = [json.loads(line) for line in (EXPORTS / "shopify-bulk.jsonl").read_text().splitlines()]
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = changed(lines[number], data.draw(st.sampled_from(list(places(lines[number])))), data.draw(HOSTILE))
    read("shopify-bulk", "\n".join(map(json.dumps, lines)))


@pytest.mark.parametrize("name", ["customers", "orders"])
def test_of_a_csv_export(name: str) -> None:
    header = (EXPORTS / f"shopify-{name}.csv").read_text().splitlines()[0].split(",")

    @settings(max_examples=60)
    @given(st.sampled_from(header), st.text(max_size=8) | st.sampled_from(["1E99999999", "9" * 5000, "'", '"', "-1"]))
    def cell(column: str, value: str) -> None:
        good = {"Customer ID": "1", "Email": "noor@example.com", "Id": "1", "Created at": "2026-02-10 20:15:30 +0100"}
        cells = {**dict.fromkeys(header, ""), **good, "Total": "5.00", "Lineitem quantity": "1", column: value}
        row = ",".join('"' + cells[one].replace('"', '""').replace("\ud83d", "") + '"' for one in header)
        read(f"shopify-{name}", ",".join(header) + "\n" + row)

    cell()


def read(format_: str, text: str) -> None:
    """Every document of such a file is one that was checked."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_text(text, encoding="utf-8", errors="replace")
        file = source(path, format_, EXPORTS / "shopify-customers.csv" if format_ == "shopify-orders" else None)
        for number, document, customer in file.documents():
            assert number >= 1
            assert json.loads(document)["id"] == customer.id
