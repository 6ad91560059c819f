"""The result of a Shopify bulk operation over customers or orders as customer documents.

https://shopify.dev/docs/api/usage/bulk-operations/queries: each line is an object, and one that was nested in another
names it in `__parentId`. Since API version 2026-01 children may stand anywhere, so the objects are put in order first,
in a temporary database: a result may be larger than memory.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from tempfile import TemporaryDirectory
from typing import Any

from segment_core.errors import InvalidDocument, NotUnderstood
from segment_core.facts import strict_json
from segment_core.ingest import graphql
from tidemark.cli.source_file import Document, SourceFile, text_of

# The connection in which an object of each type is nested.
_CONNECTIONS = {
    "Order": "orders",
    "LineItem": "lineItems",
    "Refund": "refunds",
    "Metafield": "metafields",
    "MailingAddress": "addressesV2",
}
# Larger documents are parted: what one message of the service takes is limited.
_ORDERS_AT_ONCE = 50

Node = dict[str, Any]


class BulkResult(SourceFile):
    """Customers with their orders and metafields, or orders with their customers."""

    def documents(self) -> Iterator[Document]:
        """Documents of each object that is nested in no other; more than one for a customer with many orders."""
        with TemporaryDirectory(prefix="tidemark-") as folder, closing(sqlite3.connect(f"{folder}/objects")) as kept:
            kept.execute("CREATE TABLE objects (line INTEGER PRIMARY KEY, id TEXT, parent TEXT, node TEXT)")
            kept.executemany("INSERT INTO objects VALUES (?, ?, ?, ?)", self._objects())
            kept.execute("CREATE INDEX by_id ON objects (id)")
            kept.execute("CREATE INDEX by_parent ON objects (parent)")
            self._refuse_orphans(kept)
            for line, node in _found(kept, "parent IS NULL", ()):
                yield from self._of_root(kept, line, node)

    def _objects(self) -> Iterator[tuple[int, str | None, str | None, str]]:
        for number, line in self.lines():
            try:
                text = text_of(line)
                node = strict_json.loads(text)
            except (InvalidDocument, strict_json.NotJson) as error:
                self.refuse(number, InvalidDocument("", str(error)))
                continue
            if not isinstance(node, dict):
                self.refuse(number, InvalidDocument("", "must be an object"))
                continue
            yield number, _text(node.get("id")), _text(node.get("__parentId")), text

    def _refuse_orphans(self, kept: sqlite3.Connection) -> None:
        orphans = "parent IS NOT NULL AND parent NOT IN (SELECT id FROM objects WHERE id IS NOT NULL)"
        for line, _ in _found(kept, orphans, ()):
            self.refuse(line, InvalidDocument("__parentId", "is of no object in this file: is it whole?"))

    def _of_root(self, kept: sqlite3.Connection, line: int, node: Node) -> Iterator[Document]:
        kind = _kind(node)
        if kind == "Order":
            yield from self._told(line, self._order(kept, line, node))
        elif kind == "Customer":
            orders = list(_found(kept, "parent = ?", (node["id"],), "Order"))
            try:
                document = graphql.customer({**node, **_nested(kept, node, but="Order")})
            except NotUnderstood as error:
                self.refuse(line, InvalidDocument("", error.message))
                return
            yield from self._told(line, document)
            buyer = {"id": node["id"]}
            for start in range(0, len(orders), _ORDERS_AT_ONCE):
                some = [
                    made
                    for number, order in orders[start : start + _ORDERS_AT_ONCE]
                    if (made := self._order(kept, number, {**order, "customer": buyer}))
                ]
                if some:
                    joined = {"id": document["id"], "orders": [order for one in some for order in one["orders"]]}
                    yield from self._told(orders[start][0], joined)
        else:
            self.refuse(line, InvalidDocument("id", "is neither a customer's nor an order's"))

    def _order(self, kept: sqlite3.Connection, line: int, node: Node) -> Node | None:
        """The document of an order alone, if it is good; a guest's without an e-mail address is left out."""
        try:
            if "customer" not in node:
                raise NotUnderstood("the query did not ask for 'customer { id }'")
            buyer, order = graphql.order({**node, **_nested(kept, node)})
            whose = graphql.guest(node) if buyer is None else {"id": buyer}
        except NotUnderstood as error:
            self.refuse(line, InvalidDocument("", error.message))
            return None
        if whose is None:
            self.left_out += 1
            return None
        document: Node = {**whose, "orders": [order]}
        return document if self.checked(line, document) else None

    def _told(self, line: int, document: Node | None) -> Iterator[Document]:
        if document is not None and (customer := self.checked(line, document)):
            yield line, json.dumps(document).encode(), customer


def _found(
    kept: sqlite3.Connection, where: str, values: tuple[str, ...], kind: str | None = None
) -> Iterator[tuple[int, Node]]:
    """Line and object of those that are asked for, in the order of the file."""
    for line, text in kept.execute(f"SELECT line, node FROM objects WHERE {where} ORDER BY line", values):  # noqa: S608
        node = json.loads(text)
        if kind is None or _kind(node) == kind:
            yield line, node


def _nested(kept: sqlite3.Connection, node: Node, but: str = "") -> Node:
    """What was nested in an object, by connection; what is nested deeper is inside of that."""
    found: dict[str, list[Node]] = {}
    for _, child in _found(kept, "parent = ?", (node["id"],)) if "id" in node else ():
        if (kind := _kind(child)) != but and kind in _CONNECTIONS:
            found.setdefault(_CONNECTIONS[kind], []).append({**child, **_nested(kept, child)})
    return found


def _kind(node: Node) -> str:
    """The type in a global id: `Order` of `gid://shopify/Order/1`."""
    parts = (_text(node.get("id")) or "").split("/")
    return parts[-2] if len(parts) > 1 else ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
