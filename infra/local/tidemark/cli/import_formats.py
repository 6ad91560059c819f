"""The formats that `tidemark import` reads, and how the first line of a file tells which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segment_core.facts import guests, strict_json
from tidemark.cli.customer_file import CustomerFile
from tidemark.cli.errors import UsageError
from tidemark.cli.shopify_bulk import BulkResult
from tidemark.cli.shopify_csv import CUSTOMER_COLUMNS, ORDER_COLUMNS, CustomersCsv, OrdersCsv
from tidemark.cli.source_file import STANDARD_INPUT, SourceFile, opened_as_text

_DOCUMENTS, _CUSTOMERS, _ORDERS, _BULK = "documents", "shopify-customers", "shopify-orders", "shopify-bulk"


class _Documents(CustomerFile):
    """Documents of customers and of guests, who come with as many as they have orders."""

    reads = staticmethod(guests.read)


@dataclass
class _Untold(_Documents):
    """Documents, if the first line is one: nobody said what the file is, and standard input is read only once."""

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """As every file's. Raises UsageError for an empty file, and for one that is in none of the formats."""
        empty = True
        for number, line in super().lines():
            if empty and not _may_be_document(line):
                raise UsageError(
                    f"line {number} of {self.path} looks like none of the formats that are read: say which one it is "
                    f"with --format ({', '.join(FORMATS)})"
                )
            empty = False
            yield number, line
        if empty:
            raise UsageError(_empty(self.path))


_MAKERS: Final[dict[str, Callable[[Path, Path | None], SourceFile]]] = {
    _DOCUMENTS: lambda path, _: _Documents(path),
    _CUSTOMERS: lambda path, _: CustomersCsv(path),
    _ORDERS: lambda path, customers: OrdersCsv(path, customers=customers),
    _BULK: lambda path, _: BulkResult(path),
}

FORMATS: Final = tuple(_MAKERS)

_FIRST_CHARACTERS = 4096


def source(path: Path, told: str | None, customers: Path | None) -> SourceFile:
    """The file in the format that was told, else in the one that it looks like. Raises UsageError."""
    if path != STANDARD_INPUT and path.is_file() and not _first_line(path):
        raise UsageError(_empty(path))
    name = told or (_DOCUMENTS if path == STANDARD_INPUT else _looks_like(_first_line(path)))
    if customers is not None and name != _ORDERS:
        raise UsageError(f"--customers is for {_ORDERS} only, and {path} is read as {name}")
    return _Untold(path) if told is None and name == _DOCUMENTS else _MAKERS[name](path, customers)


def _may_be_document(line: bytes) -> bool:
    """Whether a line is a customer document, or was meant to be one: that has an id, whatever else is wrong with it."""
    try:
        told = strict_json.loads(line.decode(errors="replace"))
    except strict_json.NotJson:
        return line.startswith(b"{") and b'"id"' in line
    return isinstance(told, dict) and ("id" in told or guests.is_guests(told))


def _empty(path: Path) -> str:
    return f"{path} is empty: there is nothing to import"


def _first_line(path: Path) -> str:
    """What the first line that is not blank begins with; nothing if all are."""
    with opened_as_text(path) as stream:
        while first := stream.readline(_FIRST_CHARACTERS):
            if first.strip():
                return first.strip()
    return ""


def _looks_like(first: str) -> str:
    if first.startswith("{"):
        return _BULK if "gid://" in first.partition(",")[0] or '"__parentId"' in first else _DOCUMENTS
    columns = [column.strip('"') for column in first.split(",")]
    for name, needed in ((_CUSTOMERS, CUSTOMER_COLUMNS), (_ORDERS, ORDER_COLUMNS)):
        if set(needed) <= set(columns):
            return name
    return _DOCUMENTS
