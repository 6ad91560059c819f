"""Changes of membership that could not be projected, as messages: the key and both images, as the stream has them.

They wait in a queue of their own, which is tried again without holding up the stream, and after that among the
dead letters, where nothing of them is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from segment_core.errors import NotUnderstood
from segment_core.membership.flips import Change
from segment_core.membership.stream import changes
from segment_core.runtime import queue
from segment_core.store import keys

KIND = "change"

_KEPT = ("Keys", "OldImage", "NewImage")


def park(queue_url: str, record: Mapping[str, Any]) -> None:
    """Send the change to the queue."""
    parked = message(record)
    queue.send(queue_url, parked["shop"], parked)


def message(record: Mapping[str, Any]) -> dict[str, Any]:
    """The message that stands for the change which a record of the stream tells."""
    images = record["dynamodb"]
    shop, _ = keys.split_customer(images["Keys"]["pk"]["S"])
    return {"kind": KIND, "shop": shop, "change": {name: images[name] for name in _KEPT if name in images}}


def change_of(body: str) -> Change:
    """The change that such a message is about. Raises NotUnderstood for another message."""
    parked = json.loads(body)
    if parked.get("kind") != KIND:
        raise NotUnderstood(f"the message is not of the kind '{KIND}'")
    (change,) = changes([{"dynamodb": parked["change"]}])
    return change
