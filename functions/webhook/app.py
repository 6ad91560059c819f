"""`POST /webhooks/{shop}`: check a store's webhook, queue it, answer well within a second."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import correlation_paths

from segment_core import clock
from segment_core.api.problems import CONTENT_TYPE, answer_of, problem
from segment_core.api.webhooks import Delivery, Door
from segment_core.errors import TidemarkError
from segment_core.runtime.environment import WebhookEnvironment, environment
from segment_core.runtime.observability import count, logger, observed
from segment_core.store.tables import Tables

# Metric per outcome; a refusal is counted under one name, its reason is in the log.
COUNTED = {"queued": "WebhookQueued", "ignored": "WebhookIgnored"}
REFUSED = "WebhookRefused"

# A topic is whatever its sender wrote.
TOPIC_LENGTH_IN_LOG = 64


@cache
def door() -> Door:
    """The process's door: it lives as long as the process, and so does what it remembers."""
    env = environment(WebhookEnvironment)
    return Door(Tables(segments=env.segments_table), env.secrets_prefix, env.ingest_queue_url)


@observed(correlation_paths.API_GATEWAY_HTTP)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """200 means that the webhook is safe with us, or that nobody wants it. Anything else: the store sends it again."""
    delivery = Delivery.of_event(event)
    logger().append_keys(shop=delivery.shop, topic=delivery.topic[:TOPIC_LENGTH_IN_LOG])
    try:
        outcome = door().accept(delivery, clock.now())
    except TidemarkError as error:
        return _refused(error, event["requestContext"]["requestId"])
    count(COUNTED[outcome])
    logger().info("webhook %s", outcome)
    return {"statusCode": 200}


def _refused(error: TidemarkError, request_id: str) -> dict[str, Any]:
    count(REFUSED)
    status = answer_of(error).status
    logger().info("webhook refused", extra={"status": status, "code": error.code})
    return {
        "statusCode": status,
        "headers": {"content-type": CONTENT_TYPE},
        "body": json.dumps(problem(error, request_id)),
    }
