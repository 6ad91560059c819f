"""One queue: hidden while handled, back when let go, fair between groups, dead letters, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.queues import Draft, Queue, Queues
from tidemark.stack.wiring import QueueSettings

INBOX = QueueSettings("inbox", "arn:inbox", "url/inbox", 30, 0, 1024, "arn:dead", 2)
DEAD = replace(INBOX, name="dead", arn="arn:dead", url="url/dead", dead_letter_arn=None, maximum_receives=None)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "stack.sqlite")
    yield database
    database.close()


def _queues(database: Database) -> Queues:
    return Queues([INBOX, DEAD], database, StackClock(database, None))


@pytest.fixture
def queues(database: Database) -> Queues:
    return _queues(database)


@pytest.fixture
def inbox(queues: Queues) -> Queue:
    return queues.named("url/inbox")


def _send(queue: Queue, *bodies: str, group: str | None = None, delay: int = 0) -> None:
    queue.send([Draft(body, {}, group, delay) for body in bodies])


def _bodies(queue: Queue, most: int = 10) -> list[str]:
    return [message.body for message in queue.receive(most)]


def test_a_received_message_is_hidden(inbox: Queue) -> None:
    _send(inbox, "a", "b")
    assert _bodies(inbox, 1) == ["a"]
    assert _bodies(inbox) == ["b"]
    assert _bodies(inbox) == []
    assert inbox.depth() == (0, 2, 0)


def test_a_deleted_message_is_gone(inbox: Queue) -> None:
    _send(inbox, "a")
    (message,) = inbox.receive(1)
    inbox.delete([str(message.receipt), "unknown"])
    assert inbox.depth() == (0, 0, 0)
    assert inbox.peek() == []


def test_a_released_message_comes_again_and_counts(inbox: Queue) -> None:
    _send(inbox, "a")
    (first,) = inbox.receive(1)
    assert first.receives == 1
    inbox.release([str(first.receipt)], 0)
    (second,) = inbox.receive(1)
    assert (second.body, second.receives) == ("a", 2)


def test_a_message_shows_again_when_its_visibility_ends(inbox: Queue) -> None:
    _send(inbox, "a")
    (first,) = inbox.receive(1, visibility=0)
    (second,) = inbox.receive(1)
    assert second.message_id == first.message_id
    # The first receipt is worth nothing any more.
    inbox.delete([str(first.receipt)])


def test_a_delayed_message_is_not_there_yet(inbox: Queue) -> None:
    _send(inbox, "a", delay=600)
    assert _bodies(inbox) == []
    assert inbox.depth() == (0, 0, 1)


def test_groups_take_turns(inbox: Queue) -> None:
    _send(inbox, "a1", "a2", "a3", group="a")
    _send(inbox, "b1", group="b")
    _send(inbox, "c1", "c2", group="c")
    assert _bodies(inbox) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_too_many_receives_end_in_the_dead_letters(queues: Queues, inbox: Queue) -> None:
    _send(inbox, "a", group="g")
    for _ in range(2):
        inbox.release([str(message.receipt) for message in inbox.receive(1)], 0)
    assert _bodies(inbox) == []
    dead = queues.at("arn:dead")
    assert [(one.body, one.group) for one in dead.peek()] == [("a", "g")]
    assert _bodies(dead) == ["a"]


def test_what_was_sent_outlives_the_process(database: Database, inbox: Queue) -> None:
    _send(inbox, "a", "b", "later", group="g")
    taken = inbox.receive(2)
    inbox.delete([str(taken[1].receipt)])
    again = _queues(database).named("inbox")
    # The one that was being handled is there again: who handled it is gone.
    assert [(one.body, one.receives, one.group) for one in again.receive(10)] == [("a", 2, "g"), ("later", 1, "g")]


def test_a_closed_queue_keeps_nobody_waiting(inbox: Queue) -> None:
    inbox.close()
    assert inbox.receive(1, wait=600) == []
