"""SQS standard queues: at least once, hidden while handled, dead letters, fair between message groups.

Messages live in the database, so they outlive the process; their order of service lives here.
"""

from __future__ import annotations

import heapq
import json
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.wiring import QueueSettings

_INSERT = """
INSERT INTO messages (queue, message_id, body, attributes, message_group, sent_at, receives, visible_at)
VALUES (?, ?, ?, ?, ?, ?, 0, ?) RETURNING id
"""
_SELECT = """
SELECT id, message_id, body, attributes, message_group, sent_at, first_received_at, receives, visible_at
FROM messages WHERE queue = ? ORDER BY id
"""


@dataclass(slots=True)
class Message:
    """A message; `sent_at` and `first_received_at` are milliseconds of the stack's clock."""

    id: int
    message_id: str
    body: str
    attributes: Mapping[str, Any]
    group: str | None
    sent_at: int
    first_received_at: int | None = None
    receives: int = 0
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is to be sent; `delay` in seconds, None: the queue's own."""

    body: str
    attributes: Mapping[str, Any]
    group: str | None = None
    delay: int | None = None


class Queue:
    """One queue. Waiting times are real time: a moved clock neither hides nor shows a message."""

    def __init__(self, settings: QueueSettings, database: Database, clock: StackClock) -> None:
        self.settings = settings
        self._database = database
        self._clock = clock
        self._changed = threading.Condition()
        # Groups in the order in which they are served next; within a group, oldest first.
        self._ready: OrderedDict[str, deque[Message]] = OrderedDict()
        self._in_flight: dict[str, Message] = {}
        self._hidden: dict[str, Message] = {}
        # When to show what: the receipt of a message in flight, or the id of a hidden one. Entries of messages
        # that are neither any more are skipped.
        self._later: list[tuple[float, str]] = []
        self._closed = False
        self.dead_letters: Queue | None = None
        self._load()

    def _load(self) -> None:
        # Who had received a message is gone with its process: all are there to be received again.
        for row in self._database.read(_SELECT, (self.settings.name,)):
            message, visible_at = _message(row), row[-1]
            if message.receives == 0 and visible_at > time.time():
                self._hide(message, visible_at)
            else:
                self._show(message)

    def send(self, drafts: Sequence[Draft]) -> list[str]:
        """Keep the messages; returns their ids once they are safe."""
        sent_at = self._clock.milliseconds()
        messages = []
        with self._database.transaction() as connection:
            for draft in drafts:
                delay = self.settings.delay if draft.delay is None else draft.delay
                visible_at = time.time() + delay if delay else 0.0
                message = Message(0, str(uuid.uuid4()), draft.body, draft.attributes, draft.group, sent_at)
                ((message.id,),) = connection.execute(_INSERT, self._row(message, visible_at)).fetchall()
                messages.append((message, visible_at))
        with self._changed:
            for message, visible_at in messages:
                if visible_at:
                    self._hide(message, visible_at)
                else:
                    self._show(message)
            self._changed.notify_all()
        return [message.message_id for message, _ in messages]

    def _row(self, message: Message, visible_at: float) -> tuple[Any, ...]:
        attributes = json.dumps(message.attributes)
        name = self.settings.name
        return name, message.message_id, message.body, attributes, message.group, message.sent_at, visible_at

    def receive(self, most: int, wait: float = 0.0, visibility: float | None = None) -> list[Message]:
        """Up to `most` messages, one group after the other; waits up to `wait` seconds for the first.

        They stay hidden for `visibility` seconds (None: the queue's own) unless deleted or released.
        A message that was received too often goes to the dead letters instead.
        """
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                self._show_due()
                taken, spent = self._take(most)
                if taken or spent or not self._wait(deadline):
                    break
            for message in taken:
                self._receive(message, self.settings.visibility_timeout if visibility is None else visibility)
        self._bury(spent)
        if taken:
            self._record(taken)
        return taken if taken or not spent else self.receive(most, max(0.0, deadline - time.monotonic()), visibility)

    def delete(self, receipts: Iterable[str]) -> None:
        """Done with these; an unknown receipt is no error, as in SQS."""
        with self._changed:
            done = [message for receipt in receipts if (message := self._in_flight.pop(receipt, None))]
        if done:
            with self._database.transaction() as connection:
                connection.executemany("DELETE FROM messages WHERE id = ?", [(message.id,) for message in done])

    def release(self, receipts: Iterable[str], after: float) -> int:
        """Show these again after so many seconds: they were not handled. Returns how many were still in flight."""
        with self._changed:
            released = [message for receipt in receipts if (message := self._in_flight.pop(receipt, None))]
            for message in released:
                self._hide(message, time.time() + after)
            self._changed.notify_all()
        return len(released)

    def close(self) -> None:
        """End everyone's waiting for a message, now and from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def depth(self) -> tuple[int, int, int]:
        """(visible, in flight, delayed) messages."""
        with self._changed:
            self._show_due()
            return sum(map(len, self._ready.values())), len(self._in_flight), len(self._hidden)

    def peek(self) -> list[Message]:
        """All messages, oldest first, without receiving them."""
        rows = self._database.read(_SELECT, (self.settings.name,))
        return [_message(row) for row in rows]

    def _wait(self, deadline: float) -> bool:
        """Wait for a change or for a hidden message to show; False once the deadline has passed."""
        left = deadline - time.monotonic()
        if self._closed or left <= 0:
            return False
        if self._later:
            left = min(left, max(0.0, self._later[0][0] - time.time()) + 0.001)
        self._changed.wait(left)
        return True

    def _take(self, most: int) -> tuple[list[Message], list[Message]]:
        taken: list[Message] = []
        spent: list[Message] = []
        while self._ready and len(taken) < most:
            group, messages = self._ready.popitem(last=False)
            message = messages.popleft()
            if messages:
                self._ready[group] = messages
            limit = self.settings.maximum_receives
            (spent if limit is not None and message.receives >= limit else taken).append(message)
        return taken, spent

    def _receive(self, message: Message, visibility: float) -> None:
        message.receives += 1
        message.first_received_at = message.first_received_at or self._clock.milliseconds()
        message.receipt = str(uuid.uuid4())
        self._in_flight[message.receipt] = message
        heapq.heappush(self._later, (time.time() + visibility, message.receipt))

    def _record(self, messages: Sequence[Message]) -> None:
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE messages SET receives = ?, first_received_at = ? WHERE id = ?",
                [(message.receives, message.first_received_at, message.id) for message in messages],
            )

    def _bury(self, messages: Sequence[Message]) -> None:
        if not messages or self.dead_letters is None:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE messages SET queue = ?, receives = 0 WHERE id = ?",
                [(self.dead_letters.settings.name, message.id) for message in messages],
            )
        self.dead_letters.take_over(messages)

    def take_over(self, messages: Sequence[Message]) -> None:
        """Show messages that have just been moved to this queue in the database."""
        with self._changed:
            for message in messages:
                message.receives, message.receipt = 0, None
                self._show(message)
            self._changed.notify_all()

    def _show(self, message: Message) -> None:
        # Without a group every message is its own: no one waits behind it.
        self._ready.setdefault(message.group or f"#{message.id}", deque()).append(message)

    def _hide(self, message: Message, until: float) -> None:
        message.receipt = None
        self._hidden[message.message_id] = message
        heapq.heappush(self._later, (until, message.message_id))

    def _show_due(self) -> None:
        now = time.time()
        while self._later and self._later[0][0] <= now:
            _, key = heapq.heappop(self._later)
            if message := self._in_flight.pop(key, None) or self._hidden.pop(key, None):
                self._show(message)


def _message(row: Sequence[Any]) -> Message:
    id, message_id, body, attributes, group, sent_at, first_received_at, receives, _ = row
    return Message(id, message_id, body, json.loads(attributes), group, sent_at, first_received_at, receives)


class Queues:
    """All queues of the stack, found by name, URL or ARN."""

    def __init__(self, settings: Iterable[QueueSettings], database: Database, clock: StackClock) -> None:
        self._queues = {one.name: Queue(one, database, clock) for one in settings}
        self._by_arn = {queue.settings.arn: queue for queue in self._queues.values()}
        for queue in self._queues.values():
            if queue.settings.dead_letter_arn:
                queue.dead_letters = self._by_arn[queue.settings.dead_letter_arn]

    def __iter__(self) -> Iterator[Queue]:
        return iter(self._queues.values())

    def named(self, name: str) -> Queue:
        """The queue of that name; KeyError if there is none. A URL's last part is the name."""
        return self._queues[name.rpartition("/")[2]]

    def at(self, arn: str) -> Queue:
        """The queue with that ARN; KeyError if there is none."""
        return self._by_arn[arn]
