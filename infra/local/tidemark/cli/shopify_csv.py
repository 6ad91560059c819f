"""Shopify's CSV exports of customers and of orders as customer documents.

Their columns are described at https://help.shopify.com/en/manual/customers/import-export-customers and
https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders; docs/imports.md lists those that are
read. An order takes as many rows as it has lines, all but the first without what is the order's.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from segment_core.errors import InvalidDocument
from segment_core.instants import iso
from tidemark.cli.errors import CommandError, UsageError
from tidemark.cli.source_file import Document, SourceFile, opened_as_text

Cells = Mapping[str, str]


class Row(NamedTuple):
    """A record: the line that it begins on, and its cells by column."""

    number: int
    cells: Cells


# Columns without which a file is another one.
CUSTOMER_COLUMNS = ("Customer ID", "Email", "Accepts Email Marketing")
ORDER_COLUMNS = ("Name", "Email", "Id", "Created at", "Total", "Lineitem quantity")


def rows(path: Path, needed: Iterable[str]) -> Iterator[Row]:
    """The records of a file. Raises UsageError if a column is missing."""
    with opened_as_text(path) as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if missing := [column for column in needed if column not in header]:
            raise UsageError(f"{path} has no column {', '.join(missing)}: is it an export of this kind, and whole?")
        end = reader.line_num
        try:
            for cells in reader:
                number, end = end + 1, reader.line_num
                if any(cells):
                    yield Row(number, {column: cell.strip() for column, cell in zip(header, cells, strict=False)})
        except csv.Error as error:
            raise CommandError(f"{path} is no CSV from line {end + 1} on: {error}") from None


class CustomersCsv(SourceFile):
    """The export of customers. Consent is told as yes or no; of the addresses only the default one is there."""

    def documents(self) -> Iterator[Document]:
        """A document for each row."""
        for row in rows(self.path, CUSTOMER_COLUMNS):
            try:
                document = _customer(row.cells)
            except InvalidDocument as error:
                self.refuse(row.number, error)
                continue
            if customer := self.checked(row.number, document):
                yield row.number, json.dumps(document).encode(), customer

    def place(self, path: str) -> str:
        """The column."""
        return _CUSTOMER_PLACES.get(_INDEX.sub("", path), path)


@dataclass
class OrdersCsv(SourceFile):
    """The export of orders. It names customers by e-mail and phone only: `customers` finds their ids."""

    customers: Path | None = None
    _ids: dict[str, str] = field(default_factory=dict)

    def documents(self) -> Iterator[Document]:
        """A document for each order, of its customer or, with an e-mail address that is nobody's, of a guest."""
        if self.customers is None:
            raise UsageError(
                "an export of orders has no ids of customers: give the export of customers, --customers FILE"
            )
        self._ids = _contacts(self.customers)
        for _, together in groupby(rows(self.path, ORDER_COLUMNS), key=lambda row: row.cells["Name"]):
            order = list(together)
            if document := self._document(order):
                number = order[0].number
                if customer := self.checked(number, document):
                    yield number, json.dumps(document).encode(), customer

    def _document(self, order: list[Row]) -> dict[str, object] | None:
        first = order[0]
        contacts = [_contact(first.cells.get(column, "")) for column in ("Email", "Phone", "Billing Phone")]
        customer = next((self._ids[contact] for contact in contacts if contact in self._ids), None)
        if customer is None and any(contacts):
            self.strangers += 1
        # A row that was cut off has only the first cells.
        email = _text(first.cells, "Email") if "Email" in first.cells else None
        if customer is None and email is None:
            self.left_out += 1
            return None
        try:
            whose = {"guest": True, "email": email} if customer is None else {"id": customer}
            return {**whose, "orders": [_order(order)]}
        except InvalidDocument as error:
            self.refuse(first.number, error)
            return None

    def place(self, path: str) -> str:
        """The column; ids of customers come from the other file."""
        return _ORDER_PLACES.get(_INDEX.sub("", path), path)


def _contacts(path: Path) -> dict[str, str]:
    """E-mail addresses and phone numbers of an export of customers, with the ids that they belong to, good or not."""
    return {
        contact: row.cells.get("Customer ID", "").removeprefix("'")
        for row in rows(path, CUSTOMER_COLUMNS)
        for column in ("Phone", "Default Address Phone", "Email")
        if (contact := _contact(row.cells.get(column, "")))
    }


def _contact(told: str) -> str:
    """A contact as it is compared: without letter case, and without what spreadsheets need before a plus."""
    return told.removeprefix("'").replace(" ", "").casefold()


def _customer(cells: Cells) -> dict[str, object]:
    document: dict[str, object] = {"id": _id(cells, "Customer ID")}
    document |= {key: read(cells, column) for key, (column, read) in _CUSTOMER.items() if column in cells}
    address = {key: cells[column] for key, column in _ADDRESS.items() if cells.get(column)}
    return {**document, "default_address": address} if address else document


def _order(order: list[Row]) -> dict[str, object]:
    cells = order[0].cells
    document: dict[str, object] = {"id": _id(cells, "Id")}
    document |= {key: read(cells, column) for key, (column, read) in _ORDER.items() if column in cells}
    # The total is that of the sale.
    document["total"] = format(_amount(cells, "Total") - _amount(cells, "Refunded Amount"), "f")
    document["lines"] = [_line(row.cells) for row in order if row.cells.get("Lineitem quantity")]
    return document


def _line(cells: Cells) -> dict[str, object]:
    quantity = cells["Lineitem quantity"]
    if not _QUANTITY.fullmatch(quantity):
        raise InvalidDocument("Lineitem quantity", "must be a whole number")
    told = {key: cells.get(column) for key, column in _LINE.items()}
    return {"quantity": int(quantity), **{key: value for key, value in told.items() if value}}


def _id(cells: Cells, column: str) -> str:
    # Exports write long numbers as text, with what a spreadsheet needs to leave them alone.
    id_ = cells.get(column, "").removeprefix("'")
    if not id_:
        raise InvalidDocument(column, "is empty")
    return id_


def _text(cells: Cells, column: str) -> str | None:
    return cells[column].removeprefix("'") or None


def _words(cells: Cells, column: str) -> list[str]:
    return [word for part in cells[column].split(",") if (word := part.strip())]


def _consent(cells: Cells, column: str) -> str | None:
    told = cells[column].lower()
    if told not in _CONSENTS:
        raise InvalidDocument(column, "must be yes or no")
    return _CONSENTS[told]


def _instant(cells: Cells, column: str) -> str | None:
    told = cells[column]
    try:
        return iso(datetime.strptime(told, "%Y-%m-%d %H:%M:%S %z")) if told else None
    except ValueError:
        raise InvalidDocument(column, "must be an instant such as 2026-03-01 09:30:00 -0500") from None


def _amount(cells: Cells, column: str) -> Decimal:
    told = cells.get(column) or "0"
    if not _AMOUNT.fullmatch(told):
        raise InvalidDocument(column, "must be an amount such as 12.50")
    return Decimal(told)


_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?")
_QUANTITY = re.compile("[0-9]{1,10}")
# "no" also stands for those who unsubscribed: all that is known is that they may not be written to.
_CONSENTS = {"yes": "SUBSCRIBED", "no": "NOT_SUBSCRIBED", "": None}

Fields = Mapping[str, tuple[str, Callable[[Cells, str], object]]]
"""Key of the document to the column that tells it, and how that is read."""

_CUSTOMER: Fields = {
    "first_name": ("First Name", _text),
    "last_name": ("Last Name", _text),
    "email": ("Email", _text),
    "phone": ("Phone", _text),
    "email_marketing_consent": ("Accepts Email Marketing", _consent),
    "sms_marketing_consent": ("Accepts SMS Marketing", _consent),
    "tags": ("Tags", _words),
}
_ADDRESS = {
    "country": "Default Address Country Code",
    "region": "Default Address Province Code",
    "city": "Default Address City",
}
_ORDER: Fields = {
    "created_at": ("Created at", _instant),
    "cancelled_at": ("Cancelled at", _instant),
    "currency": ("Currency", _text),
    "channel": ("Source", _text),
    "tags": ("Tags", _words),
    "discount_codes": ("Discount Code", _words),
}
_LINE = {"sku": "Lineitem sku", "vendor": "Vendor"}

_INDEX = re.compile(r"\[[0-9]+\]")
# Place in the document to the column that it was made of.
_CUSTOMER_PLACES = {
    "id": "Customer ID",
    **{key: column for key, (column, _) in _CUSTOMER.items()},
    **{f"default_address.{key}": column for key, column in _ADDRESS.items()},
}
_ORDER_PLACES = {
    "id": "Customer ID in the export of customers",
    "email": "Email",
    "orders.id": "Id",
    "orders.total": "Total",
    **{f"orders.{key}": column for key, (column, _) in _ORDER.items()},
    "orders.lines.quantity": "Lineitem quantity",
    **{f"orders.lines.{key}": column for key, column in _LINE.items()},
}
