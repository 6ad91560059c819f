"""`tidemark import` of what a store exports itself: rows and objects become documents, bad ones are named."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segment_core.facts.document import read_customer
from tidemark.cli import importing, main
from tidemark.cli.import_formats import source
from tidemark.cli.kept_place import SUFFIX
from tidemark.cli.source_file import SourceFile

from .conftest import FakeStack

EXPORTS = Path(__file__).parents[3] / "events" / "exports"
CUSTOMERS, ORDERS, BULK = (EXPORTS / f"shopify-{name}" for name in ("customers.csv", "orders.csv", "bulk.jsonl"))

ORDERS_OF_SAM = (
    "#1044,sam@example.com,paid,,fulfilled,,no,EUR,35.00,0.00,0.00,35.00,,0.00,,2026-02-12 10:00:00 +0100,"
    "1,Espresso beans,35.00,,ESP-1,true,true,fulfilled,,,,,,cash,x2,0.00,North Roasters,0.00,550103,,Low,pos,0.00,\n"
)

Captured = pytest.CaptureFixture[str]


def made(file: SourceFile) -> list[tuple[int, dict[str, Any]]]:
    return [(number, json.loads(document)) for number, document, _ in file.documents()]


class TestCustomers:
    """The export of customers as CSV."""

    def test_a_row_is_a_customer(self) -> None:
        (number, noor), (next_number, sam) = made(source(CUSTOMERS, None, None))

        assert (number, next_number) == (2, 4)  # a note has two lines
        assert noor == {
            "id": "8401", "first_name": "Noor", "last_name": "Veldkamp", "email": "Noor@example.com",
            "phone": "+31000000001", "email_marketing_consent": "SUBSCRIBED",
            "sms_marketing_consent": "NOT_SUBSCRIBED", "tags": ["vip", "newsletter"],
            "default_address": {"country": "NL", "region": "UT", "city": "Utrecht"},
        }  # fmt: skip
        assert (sam["phone"], sam["tags"], sam["email_marketing_consent"]) == (None, [], "NOT_SUBSCRIBED")

    def test_bad_rows_are_named_and_the_others_go_on(self, tmp_path: Path, capsys: Captured) -> None:
        path = tmp_path / "c.csv"
        path.write_text(
            "Customer ID,Email,Accepts Email Marketing\n"
            ",a@example.com,yes\n2,b@example.com,perhaps\n3,c@example.com,no\n"
        )
        file = source(path, None, None)

        assert [document["id"] for _, document in made(file)] == ["3"]
        assert [line["line"] for line in file.refused] == [2, 3]
        assert capsys.readouterr().err == (
            "line 2: Customer ID: is empty\nline 3: Accepts Email Marketing: must be yes or no\n"
        )

    @pytest.mark.parametrize(
        ("good", "bad", "column"),
        [
            ("'8402", "84 02", "Customer ID"),
            (",GB,", ",United Kingdom,", "Default Address Country Code"),
            ("London", "L" * 5000, "Default Address City"),
            ("Sam,", f"{'S' * 5000},", "First Name"),
            ("0,,no,", f"0,,no,vip{'p' * 5000}", "Tags"),
        ],
    )
    def test_a_cell_of_another_kind_is_named_by_its_column(
        self, tmp_path: Path, capsys: Captured, good: str, bad: str, column: str
    ) -> None:
        path = tmp_path / "c.csv"
        path.write_text(CUSTOMERS.read_text().replace(good, bad))
        file = source(path, None, None)

        assert [document["id"] for _, document in made(file)] == ["8401"]
        assert capsys.readouterr().err.startswith(f"line 4: {column}: ")
        assert [(line["line"], line["path"]) for line in file.refused] == [(4, column)]

    def test_a_column_that_was_not_exported_is_not_told(self, tmp_path: Path) -> None:
        path = tmp_path / "c.csv"
        path.write_text("Customer ID,Email,Accepts Email Marketing\n3,c@example.com,\n")

        ((_, document),) = made(source(path, None, None))

        assert document == {"id": "3", "email": "c@example.com", "email_marketing_consent": None}


class TestOrders:
    """The export of orders as CSV, beside that of customers."""

    def test_rows_of_one_name_are_one_order_of_the_customer_with_that_address(self) -> None:
        file = source(ORDERS, None, CUSTOMERS)
        ((number, document),) = made(file)

        assert (number, document["id"], file.left_out) == (2, "8401", 1)
        (order,) = read_customer(document).orders
        assert (order.id, order.total, order.currency, order.channel) == ("550101", Decimal("60.60"), "EUR", "web")
        assert order.created_at is not None
        assert order.created_at.isoformat() == "2026-02-10T19:15:30+00:00"
        assert (order.cancelled_at, order.tags, order.discount_codes) == (None, ("gift", "first order"), ("WELCOME10",))
        assert [(line.quantity, line.sku, line.vendor) for line in order.lines] == [
            (2, "ESP-1", "North Roasters"), (1, None, None),
        ]  # fmt: skip

    @pytest.mark.parametrize("id_", ["84 02", "'", ""])
    def test_a_cell_of_another_kind_is_named_by_its_column(self, tmp_path: Path, capsys: Captured, id_: str) -> None:
        path = tmp_path / "o.csv"
        path.write_text(ORDERS.read_text().replace("EUR,94.00", "euros,94.00").replace(",550102,", ",55 01 02,"))
        customers = tmp_path / "c.csv"
        customers.write_text(CUSTOMERS.read_text().replace("'8402", id_))
        path.write_text(path.read_text().replace("#1043,", "#1043,noor@example.com", 1) + ORDERS_OF_SAM)

        assert made(source(path, None, customers)) == []
        assert [line.split(": must")[0] for line in capsys.readouterr().err.splitlines()] == [
            "line 2: Currency", "line 4: Id", "line 5: Customer ID in the export of customers",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("column", "value"),
        [("Created at", "10/02/2026"), ("Total", "lots"), ("Total", "NaN"), ("Lineitem quantity", "a few"), ("Id", "")],
    )
    def test_a_cell_that_cannot_be_read_is_named(
        self, tmp_path: Path, capsys: Captured, column: str, value: str
    ) -> None:
        header = ["Name", "Email", "Id", "Created at", "Total", "Lineitem quantity"]
        row = dict(zip(header, ["#1", "sam@example.com", "1", "2026-02-10 20:15:30 +0100", "5.00", "1"], strict=True))
        path = tmp_path / "o.csv"
        path.write_text(",".join(header) + "\n" + ",".join({**row, column: value}.values()) + "\n")

        assert made(source(path, None, CUSTOMERS)) == []
        err = capsys.readouterr().err
        assert err.startswith("line 2: ")
        assert value == "" or value not in err

    def test_customers_are_needed(self, stack: FakeStack, capsys: Captured) -> None:
        assert main(["import", str(ORDERS), "--url", stack.url]) == 2
        assert "--customers FILE" in capsys.readouterr().err

    def test_customers_are_for_orders(self, stack: FakeStack, capsys: Captured) -> None:
        assert main(["import", str(BULK), "--customers", str(CUSTOMERS), "--url", stack.url]) == 2
        assert "for shopify-orders only" in capsys.readouterr().err


class TestBulk:
    """The result of a bulk operation, whose objects may stand in any order."""

    def test_nested_objects_find_their_parents(self) -> None:
        noor, orders, sam = made(source(BULK, None, None))

        assert (noor[0], orders[0], sam[0]) == (1, 2, 3)
        assert noor[1] == {
            "id": "8401", "as_of": "2026-02-14T12:00:00Z", "created_at": "2025-11-03T09:12:00Z", "first_name": "Noor",
            "last_name": "Veldkamp", "locale": "nl-NL", "state": "ENABLED", "tags": ["vip"],
            "email": "noor@example.com", "email_marketing_consent": "SUBSCRIBED",
            "metafields": {"facts.birth_date": {"type": "date", "value": "1990-05-01"}},
        }  # fmt: skip
        (order,) = read_customer(orders[1]).orders
        assert (order.id, order.total, order.currency) == ("550101", Decimal("60.6"), "EUR")
        assert [(refund.id, refund.amount) for refund in order.refunds] == [("88", Decimal("24.0"))]
        assert [(one.product_id, one.variant_id, one.product_type, one.tags, one.quantity) for one in order.lines] == [
            ("510", "610", "Coffee", ("beans", "consumable"), 2), (None, None, None, (), 1),
        ]  # fmt: skip
        assert orders[1]["id"] == "8401"
        assert sam[1]["tags"] == []

    def test_the_order_of_objects_does_not_matter(self, tmp_path: Path) -> None:
        path = tmp_path / "b.jsonl"
        path.write_text("\n".join(reversed(BULK.read_text().splitlines())))

        def known(file: SourceFile) -> list[str]:
            # Lines of an order stand as they were exported.
            return sorted(
                json.dumps(document, sort_keys=True) for _, document in made(file) if "orders" not in document
            )

        assert known(source(path, None, None)) == known(source(BULK, None, None))
        assert len(made(source(path, None, None))) == 3

    def test_orders_at_the_top_name_their_customers(self, tmp_path: Path) -> None:
        path = tmp_path / "b.jsonl"
        order = {"id": "gid://shopify/Order/1", "createdAt": "2026-01-05T10:00:00Z"}
        lines = [
            {**order, "customer": {"id": "gid://shopify/Customer/7"}},
            {**order, "id": "gid://shopify/Order/2", "customer": None},
            {"id": "gid://shopify/LineItem/3", "quantity": 4, "__parentId": "gid://shopify/Order/1"},
        ]
        path.write_text("\n".join(map(json.dumps, lines)))
        file = source(path, None, None)

        ((number, document),) = made(file)

        assert (number, document["id"], document["orders"][0]["lines"]) == (1, "7", [{"quantity": 4}])
        assert file.left_out == 1

    def test_bad_objects_are_named_and_the_others_go_on(self, tmp_path: Path, capsys: Captured) -> None:
        path = tmp_path / "b.jsonl"
        lines = [
            '{"id": "gid://shopify/Customer/1", "createdAt": "2026-01-05"}',
            '{"id": "gid://shopify/Customer/2"}',
            '{"id": "gid://shopify/Order/5", "test": "no", "__parentId": "gid://shopify/Customer/2"}',
            '{"id": "gid://shopify/Order/6", "createdAt": "2026-01-05T10:00:00Z", "__parentId": "gid://shopify/Customer/2"}',
            '{"id": "gid://shopify/LineItem/7", "quantity": 1, "__parentId": "gid://shopify/Order/99"}',
            '{"id": "gid://shopify/Product/8"}',
            '{"id": "gid://shopify/Order/9", "createdAt": "2026-01-05T10:00:00Z"}',
            "{",
        ]
        path.write_text("\n".join(lines))
        file = source(path, None, None)

        assert [(number, document["id"]) for number, document in made(file)] == [(2, "2"), (3, "2")]
        assert sorted(str(line["line"]) for line in file.refused) == ["1", "3", "5", "6", "7", "8"]
        assert "customer { id }" in capsys.readouterr().err

    def test_many_orders_of_one_customer_are_parted(self, tmp_path: Path) -> None:
        path = tmp_path / "b.jsonl"
        orders = [
            {
                "id": f"gid://shopify/Order/{n}",
                "createdAt": "2026-01-05T10:00:00Z",
                "__parentId": "gid://shopify/Customer/1",
            }
            for n in range(120)
        ]
        path.write_text("\n".join(map(json.dumps, [{"id": "gid://shopify/Customer/1"}, *orders])))

        documents = [document for _, document in made(source(path, None, None))]

        assert [len(document.get("orders", ())) for document in documents] == [0, 50, 50, 20]
        assert [order["id"] for document in documents for order in document.get("orders", ())] == [
            str(n) for n in range(120)
        ]


class TestPlace:
    """An import that was cut off goes on where it was."""

    def _file(self, folder: Path, count: int = 250) -> str:
        path = folder / "customers.ndjson"
        path.write_text("\n".join(json.dumps({"id": str(n)}) for n in range(count)) + "\nbad\n", "utf-8")
        return str(path)

    def test_it_goes_on_after_what_was_answered_for(self, stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
        path = self._file(tmp_path)
        stack.refused = {"7": "no room for this one"}
        stack.script = [202, *[503] * 50]
        assert main(["import", path, "--url", stack.url]) == 1
        assert stack.imported == [str(n) for n in range(100)]
        assert "the same command goes on after them" in capsys.readouterr().err

        stack.script = []
        assert main(["import", path, "--url", stack.url, "--json"]) == 1

        assert stack.imported == [str(n) for n in range(250)]
        assert len(set(stack.as_of)) == 1
        told = json.loads(capsys.readouterr().out)
        assert told["accepted"] == 249
        assert [line["line"] for line in told["refused"]] == [8, 251]
        assert not Path(path + SUFFIX).exists()

    @pytest.mark.parametrize("change", ["the file", "the shop", "--restart", "an unreadable place"])
    def test_another_import_begins_at_the_beginning(self, stack: FakeStack, tmp_path: Path, change: str) -> None:
        path, more = self._file(tmp_path), []
        stack.script = [202, *[503] * 50]
        main(["import", path, "--url", stack.url])
        stack.script = []
        if change == "the file":
            self._file(tmp_path, 251)
        elif change == "an unreadable place":
            Path(path + SUFFIX).write_text("{")
        else:
            more = ["--shop", "tea"] if change == "the shop" else [change]

        main(["import", path, "--url", stack.url, *more])

        assert stack.imported[100:200] == [str(n) for n in range(100)]

    def test_a_place_that_cannot_be_kept_does_not_stop_it(
        self, stack: FakeStack, tmp_path: Path, capsys: Captured
    ) -> None:
        path = self._file(tmp_path)
        Path(path + SUFFIX + ".new").mkdir()

        assert main(["import", path, "--url", stack.url]) == 1

        assert len(stack.imported) == 250
        assert capsys.readouterr().err.count("the place cannot be kept") == 1

    def test_nothing_is_kept_of_standard_input(self) -> None:
        assert importing._beside(Path("-")) is None


def test_the_exports_are_imported_by_what_they_look_like(stack: FakeStack, tmp_path: Path) -> None:
    for path, more in ((CUSTOMERS, []), (ORDERS, ["--customers", str(CUSTOMERS)]), (BULK, [])):
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        assert main(["import", str(copy), "--url", stack.url, *more]) == 0

    assert [document["id"] for batch in stack.batches for document in batch] == [
        "8401", "8402", "8401", "8401", "8401", "8402",
    ]  # fmt: skip
