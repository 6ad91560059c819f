"""`tidemark redrive` on a running stack: what was given up goes back where it can, and it is said what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from segment_core.instants import iso
from tidemark.stack import Stack

from .replay.client import Http, Reader

ROOT = Path(__file__).parents[2]
MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = {"domain": "demo-shop.myshopify.com", "zone": "UTC", "currency": "EUR"}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(ROOT / "template.yaml", clock=MARCH) as running:
        yield running


def redrive(stack: Stack) -> tuple[int, dict[str, tuple[str, str]]]:
    """The command's exit status, and by outcome the queue and the shop of what had it."""
    paths = [ROOT / "layers" / "segment_core", ROOT / "infra" / "local"]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "tidemark.cli", "redrive", "--url", stack.url, "--json"]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout)
    assert all(one["why"] for one in told)
    return ended.returncode, {one["outcome"]: (one["queue"].rpartition("-")[2], one["shop"]) for one in told}


def test_dead_letters_are_put_back_once_they_can_be_understood(stack: Stack) -> None:
    with closing(Http(stack.url)) as http:
        _put_back(stack, http)


def _put_back(stack: Stack, http: Http) -> None:
    reader = Reader(http, stack.token("demo", "admin customers:read"))
    outputs = http.request("GET", "/_local/resources").content["outputs"]
    address = urlsplit(outputs["IngestQueueUrl"])
    sqs = boto3.client(
        "sqs",
        endpoint_url=f"{address.scheme}://{address.netloc}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    reader.call("PUT", "/shops/demo", SHOP | {"domain": "elsewhere.example.com"}, expected=(201,))
    # The store of the event is bound to no shop yet; what the other one says nobody will ever understand.
    event = json.loads((ROOT / "events" / "partner-bus" / "webhook.json").read_text()) | {"time": iso(MARCH)}
    for message in (event, {"kind": "guess"}):
        sqs.send_message(QueueUrl=outputs["IngestQueueUrl"], MessageBody=json.dumps(message))
    sqs.close()
    stack.drain()
    reader.call("GET", "/customers/8401/segments", expected=(404,))

    reader.call("PUT", "/shops/demo", SHOP)
    status, became = redrive(stack)
    stack.drain()

    dead = "IngestDeadLetterQueue"
    assert (status, became) == (1, {"put back": (dead, "demo"), "refused again": (dead, "")})
    assert redrive(stack) == (1, {"refused again": (dead, "")}), "what was left is not hidden from the next run"
    assert reader.call("GET", "/customers/8401/segments")["customer_id"] == "8401"
    left = http.request("GET", f"/_local/queues/{outputs['IngestDeadLetterQueueUrl'].rpartition('/')[2]}/messages")
    assert [json.loads(one["body"])["kind"] for one in left.content["messages"]] == ["guess"]
