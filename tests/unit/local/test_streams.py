"""A stream is at its end once everything that somebody told of was read: no sooner, and without asking twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from tidemark.stack import stream_mapping, stream_reader
from tidemark.stack.activity import Activity
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.queues import Queues
from tidemark.stack.store_client import StoreClient
from tidemark.stack.stream_mapping import StreamPoller
from tidemark.stack.stream_reader import Record, StreamReader
from tidemark.stack.wiring import StreamMapping

MAPPING = StreamMapping("Reader/Items", "Reader", "arn:items/stream", 100, False, (), "here", False, -1, -1, None)
PAGE = 5


@dataclass
class Table:
    """A table with a stream, as a store shows it: a shard has a parent, is closed or not, and holds names of items."""

    shards: dict[str, list[str]] = field(default_factory=lambda: {"a": []})
    closed: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    # What happens after the store has looked for records and before its answer is there.
    meanwhile: Callable[[], None] = lambda: None

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self, f"_{operation}")(request)
        return answer

    def _DescribeTable(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Table": {"LatestStreamArn": "arn"}}

    def _DescribeStream(self, _: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        shards = [{"ShardId": id, "ParentShardId": self.parents.get(id)} for id in self.shards]
        return {"StreamDescription": {"Shards": shards}}

    def _GetShardIterator(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"ShardIterator": f"{request['ShardId']}:{request.get('SequenceNumber', 0)}"}

    def _GetRecords(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.asked += 1
        shard, _, position = request["ShardIterator"].partition(":")
        start = int(position)
        found = self.shards[shard][start : start + request["Limit"]]
        records = [_inserted(name, start + n) for n, name in enumerate(found, 1)]
        over = shard in self.closed and start + len(found) == len(self.shards[shard])
        self.meanwhile()
        return {"Records": records, "NextShardIterator": None if over else f"{shard}:{start + len(found)}"}


def _inserted(name: str, number: int) -> Record:
    key = {"pk": {"S": name}}
    told = {"Keys": key, "NewImage": key, "SequenceNumber": str(number), "ApproximateCreationDateTime": 0}
    return {"eventID": "-", "eventName": "INSERT", "dynamodb": told}


def _names(records: Iterable[Record]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_reader, "_PAGE", PAGE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "stack.sqlite")
    yield database
    database.close()


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture(params=[True, False], ids=["moto", "dynamodb-local"])
def moto(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def reader(table: Table, database: Database, moto: bool) -> StreamReader:
    return _reader(table, database, moto)


def _reader(table: Table, database: Database, moto: bool) -> StreamReader:
    return StreamReader(cast("StoreClient", table), database, MAPPING, "Items", moto=moto)


def _read(reader: StreamReader, most: int = 100) -> list[str]:
    """Everything that there is to read, each batch done with before the next."""
    names: list[str] = []
    while True:
        shard, records = reader.read(most)
        if not records:
            return names
        assert not reader.at_end
        names += _names(records)
        reader.done(shard, records[-1]["dynamodb"]["SequenceNumber"])


def test_what_nobody_has_read_is_not_at_its_end(reader: StreamReader) -> None:
    assert not reader.at_end
    assert _read(reader) == []
    assert reader.at_end


def test_one_look_is_enough_when_nobody_writes_meanwhile(table: Table, reader: StreamReader) -> None:
    table.shards["a"] += ["x", "y"]
    assert _read(reader) == ["x", "y"]
    assert reader.at_end
    assert table.asked == 1


def test_nobody_looks_again_before_somebody_tells(table: Table, reader: StreamReader) -> None:
    _read(reader)
    assert _read(reader) == []
    assert table.asked == 1
    table.shards["a"] += ["x"]
    reader.tell()
    assert not reader.at_end
    assert _read(reader) == ["x"]
    assert table.asked == 2


def test_a_write_during_the_look_means_another(table: Table, reader: StreamReader) -> None:
    def write() -> None:
        table.meanwhile = lambda: None
        table.shards["a"] += ["late"]
        reader.tell()

    table.shards["a"] += ["x"]
    table.meanwhile = write
    assert _names(reader.read(100)[1]) == ["x"]
    assert _read(reader) == ["late"]
    assert reader.at_end


def test_a_write_during_an_empty_look_means_another(table: Table, reader: StreamReader) -> None:
    def write() -> None:
        table.meanwhile = lambda: None
        table.shards["a"] += ["late"]
        reader.tell()

    table.meanwhile = write
    assert _read(reader) == []
    assert not reader.at_end
    assert _read(reader) == ["late"]
    assert reader.at_end


def test_a_write_while_a_batch_is_worked_off_means_another(table: Table, reader: StreamReader) -> None:
    table.shards["a"] += ["x", "y"]
    assert _names(reader.read(1)[1]) == ["x"]
    table.shards["a"] += ["z"]
    reader.tell()
    assert _read(reader) == ["y", "z"]
    assert reader.at_end


def test_after_a_full_page_there_may_be_more(table: Table, reader: StreamReader) -> None:
    names = [f"n{n}" for n in range(2 * PAGE)]
    table.shards["a"] += names
    assert _read(reader, 3) == names
    assert reader.at_end
    assert table.asked == 3


def test_a_closed_shard_is_followed_by_its_child(table: Table, reader: StreamReader) -> None:
    table.shards |= {"a": ["x"], "b": ["y"]}
    table.closed.add("a")
    table.parents["b"] = "a"
    assert _read(reader) == ["x", "y"]
    assert reader.at_end


def test_a_new_reader_goes_on_and_looks_once(table: Table, database: Database, moto: bool) -> None:
    table.shards["a"] += ["x"]
    assert _read(_reader(table, database, moto)) == ["x"]
    table.shards["a"] += ["y"]
    again = _reader(table, database, moto)
    assert not again.at_end
    assert _read(again) == ["y"]
    assert again.at_end


class Handler:
    """A stack's functions: the one that reads the stream keeps what it is handed."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.woken = threading.Event()

    def invoke(self, name: str, event: Any) -> Outcome:
        self.handled += _names(event["Records"])
        self.woken.set()
        return Outcome("", None, None)


@dataclass
class Polled:
    """A poller that is still to be started, and the idleness that it is a part of."""

    poller: StreamPoller
    handler: Handler
    activity: Activity


@pytest.fixture
def polled(reader: StreamReader, database: Database) -> Iterator[Polled]:
    handler, activity = Handler(), Activity()
    clock = StackClock(database, None)
    poller = StreamPoller(MAPPING, reader, cast("Functions", handler), Queues([], database, clock), activity, clock)
    yield Polled(poller, handler, activity)
    poller.stop()


def test_idle_means_that_all_that_was_told_of_is_handled(
    table: Table, polled: Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_mapping, "_LOOK_SECONDS", 3600)
    names = [f"n{n}" for n in range(3 * PAGE)]
    polled.poller.start()
    for name in names:
        table.shards["a"].append(name)
        polled.poller.wake()
    polled.activity.wait_until_idle(20)
    assert polled.handler.handled == names


def test_a_write_that_nobody_tells_of_is_found_too(
    table: Table, polled: Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_mapping, "_LOOK_SECONDS", 0.01)
    polled.poller.start()
    polled.activity.wait_until_idle(20)
    table.shards["a"].append("from outside")
    assert polled.handler.woken.wait(20)
    assert polled.handler.handled == ["from outside"]
