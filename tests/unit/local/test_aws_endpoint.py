"""Queues as stock clients see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config

from tidemark.stack.activity import Activity
from tidemark.stack.aws_endpoint import AwsEndpoint
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.http_server import HttpServer
from tidemark.stack.names import REGION
from tidemark.stack.queues import Queues
from tidemark.stack.wiring import QueueSettings

INBOX = QueueSettings("inbox", "arn:inbox", "http://127.0.0.1/inbox", 30, 0, 1024, None, None)


@pytest.fixture
def sqs() -> Iterator[Any]:
    """A stock client of a server that has one queue, and nothing else."""
    server, database = HttpServer(0), Database(None)
    queues, nothing = Queues([INBOX], database, StackClock(database, None)), cast("Any", None)
    server.start(AwsEndpoint(nothing, queues, nothing, nothing, nothing, nothing, Activity()))
    yield boto3.client(
        "sqs",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"mode": "standard", "max_attempts": 1}),
    )
    server.stop()
    database.close()


def test_what_was_received_can_be_given_back_at_once(sqs: Any) -> None:
    sqs.send_message(QueueUrl=INBOX.url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=INBOX.url, VisibilityTimeout=300)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=INBOX.url)

    entries = [{"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}]
    assert sqs.change_message_visibility_batch(QueueUrl=INBOX.url, Entries=entries)["Successful"] == [{"Id": "0"}]

    (again,) = sqs.receive_message(QueueUrl=INBOX.url)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_a_receipt_that_is_over_is_refused_alone(sqs: Any) -> None:
    answer = sqs.change_message_visibility_batch(
        QueueUrl=INBOX.url, Entries=[{"Id": "0", "ReceiptHandle": "gone", "VisibilityTimeout": 0}]
    )
    assert (answer.get("Successful", []), [one["Code"] for one in answer["Failed"]]) == ([], ["MessageNotInflight"])
