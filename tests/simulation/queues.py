"""Queues with the semantics of SQS: hidden while handled, given again, in any order, dead letters by count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tidemark.stack.aws_endpoint import digest
from tidemark.stack.names import REGION
from tidemark.stack.wiring import QueueSettings

from .dynamodb import Calls

BATCH_LIMIT = 10
BATCH_BYTES = 1024 * 1024


@dataclass(slots=True)
class Message:
    """A message; `visible_at` is in seconds of the simulation's own clock."""

    id: str
    body: str
    group: str | None
    attributes: Mapping[str, Any]
    visible_at: float = 0.0
    receives: int = 0


@dataclass(slots=True)
class Queue:
    """One queue. What was handled is kept: SQS may deliver it once more, and so does the simulation."""

    settings: QueueSettings
    messages: dict[str, Message] = field(default_factory=dict)
    handled: list[Message] = field(default_factory=list)
    sent: int = 0

    def send(self, body: str, group: str | None, attributes: Mapping[str, Any], now: float) -> None:
        """Keep a message."""
        if len(body.encode()) > self.settings.maximum_size:
            raise AssertionError(f"{self.settings.name} takes no message of {len(body.encode())} bytes")
        self.sent += 1
        id = f"{self.settings.name}-{self.sent}"
        self.messages[id] = Message(id, body, group, attributes, now + self.settings.delay)

    def visible(self, now: float) -> list[Message]:
        """What can be received."""
        return [message for message in self.messages.values() if message.visible_at <= now]

    def next_visible(self) -> float | None:
        """When the first message can be received."""
        return min((message.visible_at for message in self.messages.values()), default=None)

    def receive(self, most: int, now: float, chance: Random) -> list[Message]:
        """Some messages in any order, hidden from now on; dead ones are taken out first."""
        taken = self.visible(now)
        taken = chance.sample(taken, min(len(taken), most))
        for message in taken:
            message.receives += 1
            message.visible_at = now + self.settings.visibility_timeout
        return taken

    def is_spent(self, message: Message) -> bool:
        """Whether the message was received as often as it may be."""
        most = self.settings.maximum_receives
        return most is not None and message.receives >= most

    def delete(self, message: Message) -> None:
        """It was handled."""
        if self.messages.pop(message.id, None):
            self.handled.append(message)


def event(queue: Queue, message: Message) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": "0",
        "SenderId": "simulated",
        "ApproximateFirstReceiveTimestamp": "0",
    }
    return {
        "messageId": message.id,
        "receiptHandle": f"{message.id}.{message.receives}",
        "body": message.body,
        "attributes": attributes | ({"MessageGroupId": message.group} if message.group else {}),
        "messageAttributes": {
            name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
            for name, value in message.attributes.items()
        },
        "md5OfBody": digest(message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.settings.arn,
        "awsRegion": REGION,
    }


class SQS:
    """boto3's client, for queues in memory. `now` tells the simulation's own seconds."""

    def __init__(self, queues: Sequence[Queue], calls: Calls, now: Any) -> None:
        self._queues = {queue.settings.url: queue for queue in queues}
        self._calls = calls
        self._now = now

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageGroupId: str | None = None,
        MessageAttributes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            self._queues[QueueUrl].send(MessageBody, MessageGroupId, MessageAttributes or {}, self._now())
            return {}

        answer: dict[str, Any] = self._calls.call("SendMessage", perform)
        return answer

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        size = sum(len(entry["MessageBody"].encode()) for entry in Entries)
        if not 1 <= len(Entries) <= BATCH_LIMIT or size > BATCH_BYTES:
            raise AssertionError(f"a batch of {len(Entries)} messages and {size} bytes")

        def perform() -> dict[str, Any]:
            refused = []
            for entry in Entries:
                if self._calls.happens("refusals"):
                    refused.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                else:
                    self._queues[QueueUrl].send(entry["MessageBody"], entry.get("MessageGroupId"), {}, self._now())
            return {"Successful": [], **({"Failed": refused} if refused else {})}

        answer: dict[str, Any] = self._calls.call("SendMessageBatch", perform)
        return answer


def shop_of(message: Message) -> str:
    """Whose message it is."""
    content = json.loads(message.body)
    return str(content.get("shop", ""))
