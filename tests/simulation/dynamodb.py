"""The client of the simulated store: the calls that `segment_core.store` makes, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from botocore.exceptions import ClientError

from .expressions import Compiled, condition, projection, update
from .table import Item, Key, Rejected, Table, seek

TRANSACTION_LIMIT = 100
BATCH_GET_LIMIT = 100
BATCH_WRITE_LIMIT = 25
# A page ends at 1 MB on AWS; here after so few items that whoever forgets to turn it is found out.
PAGE_ITEMS = 3

_NOTHING: Item = {}

Perform = Callable[[], Any]


class Calls(Protocol):
    """Through which every call of a service goes: it may pause, fail, or lose the answer."""

    chance: Random

    def call(self, operation: str, perform: Perform, *, once: bool = False) -> Any:
        """`once`: a repetition by the client itself is recognised, as that of a transaction is by its token."""

    def happens(self, trouble: str) -> bool:
        """Whether that trouble strikes now."""

    def tell_read(self, rows: Sequence[tuple[Key, Item]], *, goes_on: bool) -> None:
        """Whole items of a partition were read consistently; `goes_on`: after a page that was told before."""

    def tell_write(self, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
        """An item was written."""


def error(operation: str, code: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    response: Any = {"Error": {"Code": code, "Message": "simulated"}, **more}
    return ClientError(response, operation)


class DynamoDB:
    """boto3's client, for tables in memory."""

    def __init__(self, tables: Mapping[str, Table], calls: Calls) -> None:
        self._tables = tables
        self._calls = calls

    # Reads --------------------------------------------------------------------------------------

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            table = self._table(TableName)
            key = table.key_of(Key)
            item = self._read(table, key, ConsistentRead)
            return {"Item": dict(item)} if item is not None else {}

        return self._call("GetItem", perform)

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            answers: dict[str, list[Item]] = {}
            rest: dict[str, Any] = {}
            for name, request in RequestItems.items():
                table = self._table(name)
                keys = [table.key_of(key) for key in request["Keys"]]
                if not 1 <= len(keys) <= BATCH_GET_LIMIT or len(set(keys)) < len(keys):
                    raise Rejected(f"{name}: {len(keys)} keys, {len(set(keys))} different ones")
                left = self._left_over(keys)
                consistent = request.get("ConsistentRead", False)
                found = [(key, self._read(table, key, consistent)) for key in keys if key not in left]
                answers[name] = [dict(item) for _, item in found if item is not None]
                self._calls.chance.shuffle(answers[name])
                if left:
                    rest[name] = {**request, "Keys": [table.encode_key(key) for key in sorted(left)]}
            return {"Responses": answers, "UnprocessedKeys": rest}

        return self._call("BatchGetItem", perform)

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Mapping[str, Any],
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        IndexName: str | None = None,
        ConsistentRead: bool = False,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ScanIndexForward: bool = True,
        Select: str | None = None,
    ) -> dict[str, Any]:
        if Select not in (None, "COUNT"):
            raise AssertionError(f"Select={Select} is not known here")
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues
        keyed = condition(KeyConditionExpression)
        filtered = condition(FilterExpression) if FilterExpression else None
        _check_placeholders([keyed, filtered], names, values, ProjectionExpression)

        def perform() -> dict[str, Any]:
            table = self._table(TableName)
            pk = _partition(KeyConditionExpression, values)
            rows = self._rows(table, IndexName, pk, ConsistentRead)
            rows = [(place, item) for place, item in rows if keyed.run(item, names, values)]
            if ExclusiveStartKey is not None:
                start = self._place(table, IndexName, ExclusiveStartKey)
                rows = rows[seek(rows, start) :] if ScanIndexForward else [row for row in rows if row[0] < start]
            if not ScanIndexForward:
                rows = rows[::-1]
            most = len(rows) if Limit is None else Limit
            if self._calls.happens("short pages"):
                most = min(most, PAGE_ITEMS)
            page = rows[:most]
            whole = not (IndexName or ProjectionExpression or FilterExpression)
            if whole and ConsistentRead:
                self._calls.tell_read(page, goes_on=ExclusiveStartKey is not None)
            items = [dict(item) for _, item in page if filtered is None or filtered.run(item, names, values)]
            if ProjectionExpression:
                kept = projection(ProjectionExpression, names)
                items = [{name: item[name] for name in kept if name in item} for item in items]
            answer: dict[str, Any] = {"Count": len(items), **({"Items": items} if Select is None else {})}
            # As on AWS, a page that was filled says that there may be more, also when there is none.
            if page and len(page) == most and (Limit is not None or len(rows) > most):
                answer["LastEvaluatedKey"] = self._last(table, IndexName, page[-1][1])
            return answer

        return self._call("Query", perform)

    def _rows(self, table: Table, index: str | None, pk: str, consistent: bool) -> list[tuple[Any, Item]]:
        if index is not None:
            if consistent:
                raise Rejected("an index is never read consistently")
            return sorted(table.indexes[index].shown.get(pk, {}).items(), key=lambda row: row[0])
        rows = table.partition(pk)
        if consistent or not any(key[0] == pk for key in table.lately):
            return rows
        keys = {key for key, _ in rows} | {key for key in table.lately if key[0] == pk}
        seen = [(key, self._read(table, key, consistent=False)) for key in sorted(keys)]
        return [(key, item) for key, item in seen if item is not None]

    def _place(self, table: Table, index: str | None, start: Item) -> Any:
        key = table.key_of(start)
        return key if index is None else (start[table.indexes[index].range]["S"], key)

    def _last(self, table: Table, index: str | None, item: Item) -> dict[str, Any]:
        names = {table.hash, *filter(None, (table.range,))}
        if index is not None:
            names |= {table.indexes[index].hash, table.indexes[index].range}
        return {name: item[name] for name in names}

    def _read(self, table: Table, key: Key, consistent: bool) -> Item | None:
        if not consistent and key in table.lately and self._calls.happens("old reads"):
            return table.lately[key]
        return table.get(key)

    def _left_over(self, keys: Sequence[Key]) -> set[Key]:
        if not self._calls.happens("unprocessed"):
            return set()
        # In order, so that a set's own order does not decide.
        return {key for key in sorted(keys) if self._calls.chance.random() < 0.5}

    # Writes -------------------------------------------------------------------------------------

    def put_item(self, *, TableName: str, Item: Item, **conditional: Any) -> dict[str, Any]:
        return self._write("PutItem", "Put", {"TableName": TableName, "Item": Item, **conditional})

    def delete_item(self, *, TableName: str, Key: Item, **conditional: Any) -> dict[str, Any]:
        return self._write("DeleteItem", "Delete", {"TableName": TableName, "Key": Key, **conditional})

    def update_item(self, *, TableName: str, Key: Item, **how: Any) -> dict[str, Any]:
        return self._write("UpdateItem", "Update", {"TableName": TableName, "Key": Key, **how})

    def _write(self, operation: str, kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            if self._calls.happens("conflicts"):
                raise error(operation, "TransactionConflictException")
            planned = self._plan(kind, request)
            if planned is None:
                raise error(operation, "ConditionalCheckFailedException")
            self._apply(*planned)
            return {}

        return self._call(operation, perform)

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        operations = [next(iter(one.items())) for one in TransactItems]

        def perform() -> dict[str, Any]:
            if not 1 <= len(operations) <= TRANSACTION_LIMIT:
                raise Rejected(f"a transaction of {len(operations)} operations")
            if self._calls.happens("conflicts"):
                hit = self._calls.chance.randrange(len(operations))
                raise _cancelled(["TransactionConflict" if n == hit else "None" for n in range(len(operations))])
            planned = [self._plan(kind, request) for kind, request in operations]
            places = [(one["TableName"], self._key(kind, one)) for kind, one in operations]
            if len(set(places)) < len(places):
                raise Rejected("a transaction names an item twice")
            if not all(planned):
                raise _cancelled(["None" if one else "ConditionalCheckFailed" for one in planned])
            for kind, one in zip(operations, planned, strict=True):
                if kind[0] != "ConditionCheck" and one is not None:
                    self._apply(*one)
            return {}

        # boto3 gives every transaction a token of its own.
        return self._call("TransactWriteItems", perform, once=True)

    def batch_write_item(self, *, RequestItems: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            rest: dict[str, Any] = {}
            for name, requests in RequestItems.items():
                table = self._table(name)
                keys = [table.key_of(_batched(request)) for request in requests]
                if not 1 <= len(keys) <= BATCH_WRITE_LIMIT or len(set(keys)) < len(keys):
                    raise Rejected(f"{name}: {len(keys)} writes, to {len(set(keys))} different items")
                left = self._left_over(keys)
                for key, request in zip(keys, requests, strict=True):
                    if key not in left:
                        self._apply(table, key, request["PutRequest"]["Item"] if "PutRequest" in request else None)
                if left:
                    rest[name] = [one for key, one in zip(keys, requests, strict=True) if key in left]
            return {"UnprocessedItems": rest}

        return self._call("BatchWriteItem", perform)

    def _key(self, kind: str, request: Mapping[str, Any]) -> Key:
        return self._table(request["TableName"]).key_of(request["Item" if kind == "Put" else "Key"])

    def _plan(self, kind: str, request: Mapping[str, Any]) -> tuple[Table, Key, Item | None] | None:
        """What the write comes to; None if its condition does not hold."""
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        asked = condition(request["ConditionExpression"]) if "ConditionExpression" in request else None
        changed = update(request["UpdateExpression"]) if "UpdateExpression" in request else None
        _check_placeholders([asked, changed], names, values)
        table, key = self._table(request["TableName"]), self._key(kind, request)
        there = table.get(key)
        if asked is not None and not asked.run(there or _NOTHING, names, values):
            return None
        if kind == "Put":
            return table, key, dict(request["Item"])
        if kind == "Update" and changed is not None:
            return table, key, changed.run(there or table.encode_key(key), names, values)
        return table, key, None

    def _apply(self, table: Table, key: Key, new: Item | None) -> None:
        if new is not None:
            table.check(new)
        old = table.get(key)
        table.write(key, new)
        if table.get(key) != old:
            self._calls.tell_write(table, key, old, new)

    # Calls --------------------------------------------------------------------------------------

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise error("DynamoDB", "ResourceNotFoundException")
        return self._tables[name]

    def _call(self, operation: str, perform: Perform, *, once: bool = False) -> dict[str, Any]:
        def checked() -> Any:
            try:
                return perform()
            except Rejected as rejected:
                raise AssertionError(f"{operation}: {rejected}") from rejected

        answer: dict[str, Any] = self._calls.call(operation, checked, once=once)
        return answer


def _cancelled(reasons: list[str]) -> ClientError:
    told = [{"Code": reason} for reason in reasons]
    return error("TransactWriteItems", "TransactionCanceledException", CancellationReasons=told)


def _batched(request: Mapping[str, Any]) -> Item:
    item: Item = request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]
    return item


def _partition(expression: str, values: Mapping[str, Any]) -> str:
    """The partition of a key condition, which begins with it."""
    text: str = values[expression.split()[2]]["S"]
    return text


def _check_placeholders(
    expressions: Sequence[Compiled | None],
    names: Mapping[str, str],
    values: Mapping[str, Any],
    projected: str | None = None,
) -> None:
    """DynamoDB refuses placeholders that are used and not given, and such as are given and not used."""
    used = frozenset().union(*(one.uses for one in expressions if one))
    if projected:
        used |= {part.strip() for part in projected.split(",") if part.strip().startswith("#")}
    if used != names.keys() | values.keys():
        raise AssertionError(f"placeholders used: {sorted(used)}, given: {sorted(names.keys() | values.keys())}")
