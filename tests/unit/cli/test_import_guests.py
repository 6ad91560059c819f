"""`tidemark import` of orders of guests: none is an error, none is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidemark.cli import main

from .conftest import FakeStack
from .test_import_exports import CUSTOMERS, ORDERS, Captured

GUEST = {"guest": True, "email": "unknown@example.com"}


@pytest.fixture
def orders(tmp_path: Path) -> str:
    """One with an address that no customer has, one without any."""
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS.read_text().replace("noor@", "unknown@"))
    return str(path)


def bulk(folder: Path, *buyers: dict[str, Any]) -> str:
    path = folder / "bulk.jsonl"
    order = {"createdAt": "2026-01-05T10:00:00Z", "updatedAt": "2026-01-06T10:00:00Z"}
    lines = [{"id": f"gid://shopify/Order/{n}", **order, **buyer} for n, buyer in enumerate(buyers, 1)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def test_an_order_of_nobody_is_a_guests(stack: FakeStack, orders: str, capsys: Captured) -> None:
    assert main(["import", orders, "--customers", str(CUSTOMERS), "--url", stack.url]) == 0

    ((document,),) = stack.batches
    assert {key: document[key] for key in ("guest", "email")} == GUEST
    assert [order["id"] for order in document["orders"]] == ["550101"]
    out, err = capsys.readouterr()
    assert out == (
        "1 accepted into demo, 0 refused, 1 left out (orders of guests)\n"
        f"orders of nobody in {CUSTOMERS}, by e-mail address and phone number: 1\n"
    )
    assert err == ""


def test_where_guests_are_no_customers_it_is_left_out(stack: FakeStack, orders: str, capsys: Captured) -> None:
    stack.guests_are_customers = False
    command = ["import", orders, "--customers", str(CUSTOMERS), "--url", stack.url]

    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == (
        "0 accepted into demo, 0 refused, "
        "2 left out (orders of guests; 1 with an e-mail address would count with guests_are_customers)"
    )
    assert err == ""

    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"shop": "demo", "accepted": 0, "left_out": 2, "strangers": 1, "refused": []}


def test_an_export_that_was_cut_off_is_read_to_its_end(
    stack: FakeStack, orders: str, tmp_path: Path, capsys: Captured
) -> None:
    with Path(orders).open("a") as file:
        file.write("#2")
    cut, header = tmp_path / "customers.csv", CUSTOMERS.read_text().splitlines()[0].split(",")
    cut.write_text(",".join([*header[1:], header[0]]) + "\n" + ",".join("x" for _ in header[2:]))

    assert main(["import", orders, "--customers", str(cut), "--url", stack.url]) == 0

    assert "2 left out" in capsys.readouterr().out


def test_a_document_counts_with_all_of_its_orders(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    stack.guests_are_customers = False
    path = tmp_path / "documents.ndjson"
    path.write_text(json.dumps({**GUEST, "orders": [{"id": "1"}, {"id": "2"}]}))

    assert main(["import", str(path), "--url", stack.url]) == 0

    assert "2 left out" in capsys.readouterr().out


def test_a_phone_number_makes_nobody_a_guest(stack: FakeStack, orders: str, capsys: Captured) -> None:
    path = Path(orders)
    path.write_text(path.read_text().replace("unknown@example.com", "").replace("0.00,\n", "0.00,+4700000000\n"))

    assert main(["import", orders, "--customers", str(CUSTOMERS), "--url", stack.url, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["left_out"], told["strangers"]) == (0, 2, 2)
    assert stack.batches == []


def test_a_bulk_operation_tells_of_guests_what_webhooks_tell(stack: FakeStack, tmp_path: Path) -> None:
    buyer = {
        "customer": None, "email": "a@example.com", "phone": None, "customerLocale": "nb",
        "shippingAddress": {"countryCodeV2": "NO", "provinceCode": None, "city": "Bergen"},
    }  # fmt: skip
    path = bulk(tmp_path, buyer, {"customer": None, "email": " "}, {"customer": None})

    assert main(["import", path, "--url", stack.url]) == 0

    ((document,),) = stack.batches
    (order,) = document.pop("orders")
    assert order["id"] == "1"
    assert document == {
        "guest": True, "email": "a@example.com", "locale": "nb", "as_of": "2026-01-06T10:00:00Z",
        "default_address": {"country": "NO", "city": "Bergen"},
    }  # fmt: skip


def test_what_was_left_out_is_counted_after_a_break(stack: FakeStack, tmp_path: Path, capsys: Captured) -> None:
    stack.guests_are_customers = False
    path = bulk(tmp_path, *[{"customer": None, "email": f"{n}@example.com"} for n in range(120)])
    stack.script = [202, *[503] * 50]
    assert main(["import", path, "--url", stack.url]) == 1
    stack.script = []
    capsys.readouterr()

    assert main(["import", path, "--url", stack.url, "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["left_out"] == 120


def test_a_file_of_documents_has_as_many_of_a_guest_as_they_have_orders(
    stack: FakeStack, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "documents.ndjson"
    lines: list[dict[str, Any]] = [{**GUEST, "orders": [{"id": str(n)}]} for n in range(2)]
    path.write_text("\n".join(map(json.dumps, [*lines, {"id": "7"}, {**GUEST, "orders": []}, {"id": "7"}])))

    assert main(["import", str(path), "--url", stack.url]) == 1

    assert stack.batches == [[*lines, {"id": "7"}]]
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["line 4", "line 5"]
