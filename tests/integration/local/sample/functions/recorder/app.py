"""Tells the queue of seen things what it was woken with, and does or fails as it is told."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3

from segment_core import clock

ROLE = os.environ["ROLE"]
Event = dict[str, Any]


@cache
def client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def saw(**what: Any) -> None:
    body = json.dumps({"role": ROLE, "at": clock.now().isoformat(), **what})
    client("sqs").send_message(QueueUrl=os.environ["SEEN_QUEUE_URL"], MessageBody=body)


def front(event: Event, context: Any) -> Any:
    if event["rawPath"] != "/do":
        return {"event": event, "greeting": os.environ["GREETING"], "function": context.function_name}
    order = json.loads(event["body"])
    for item in order.get("put", ()):
        key = {"pk": {"S": item["pk"]}, "sk": {"S": item.get("sk", "x")}}
        values = {
            ":do": {"S": item.get("do", "nothing")},
            ":n": {"N": str(item.get("n", 0))},
            ":bits": {"B": bytes([item.get("n", 0), 255])},
        }
        client("dynamodb").update_item(
            TableName=os.environ["ITEMS_TABLE"],
            Key=key,
            UpdateExpression="SET #do = :do, n = :n, bits = :bits",
            ExpressionAttributeNames={"#do": "do"},
            ExpressionAttributeValues=values,
        )
    if order.get("die"):
        os._exit(1)
    for message in order.get("send", ()):
        client("sqs").send_message(
            QueueUrl=os.environ["INBOX_URL"], MessageBody=json.dumps(message), MessageGroupId=message.get("group", "g")
        )
    if told := order.get("tell"):
        entries = [
            {"EventBusName": os.environ["BUS"], "Source": "shop", "DetailType": "Order", "Detail": json.dumps(one)}
            for one in told
        ]
        return client("events").put_events(Entries=entries)["FailedEntryCount"]
    if order.get("raise"):
        raise RuntimeError("as told")
    return order.get("answer", {"statusCode": 204})


def worker(event: Event, context: Any) -> Any:
    failures = []
    saw(batch=[json.loads(record["body"]).get("name") for record in event["Records"]])
    for record in event["Records"]:
        body = json.loads(record["body"])
        tries = int(record["attributes"]["ApproximateReceiveCount"])
        if body.get("fail", 0) >= tries:
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            saw(message=body["name"], tries=tries, group=record["attributes"].get("MessageGroupId"))
    return {"batchItemFailures": failures}


def reader(event: Event, context: Any) -> Any:
    records = event["Records"]
    saw(batch=[_name(record) for record in records])
    if any(_told(record) == "raise" for record in records):
        raise RuntimeError("as told")
    reported = [record for record in records if _told(record) == "report"]
    for record in records:
        if record not in reported:
            images = record["dynamodb"]
            saw(record=_name(record), event=record["eventName"], old=images.get("OldImage"), new=images.get("NewImage"))
    return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in reported]}


def _name(record: Event) -> str:
    return str(record["dynamodb"]["Keys"]["pk"]["S"])


def _told(record: Event) -> str:
    return str(record["dynamodb"]["NewImage"]["do"]["S"])


def minutely(event: Event, context: Any) -> None:
    saw(time=event["time"])


def nightly(event: Event, context: Any) -> None:
    if event["detail-type"] == "Order":
        saw(small=event["detail"]["total"])
        if event["detail"]["total"] < 0:
            raise RuntimeError("as told")
    else:
        saw(time=event["time"])


ROLES = {"front": front, "worker": worker, "reader": reader, "minutely": minutely, "nightly": nightly}


def handler(event: Event, context: Any) -> Any:
    print(f"{ROLE} was woken")
    return ROLES[ROLE](event, context)


def next_work(items_table: str) -> str | None:
    """When the minutely function has something to do: whatever the item `due` says."""
    key = {"pk": {"S": "due"}, "sk": {"S": "-"}}
    item = client("dynamodb").get_item(TableName=items_table, Key=key, ConsistentRead=True).get("Item")
    return item["do"]["S"] if item and item["do"]["S"] > clock.now().isoformat() else None
