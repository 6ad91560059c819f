"""How often a shop may ask for something, counted for all processes together.

One counter for each shop, kind and minute. A request that is refused is not counted, so whoever waits for the next
minute is let in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from segment_core.errors import TooMany
from segment_core.store import client, keys

_WINDOW = timedelta(minutes=1)
# Longer than the window by what clocks of machines may differ.
_KEPT = timedelta(minutes=10)


def take(table: str, shop: str, kind: str, most: int, at: datetime) -> None:
    """Count one request of that kind. Raises TooMany (`too_many_<kind>`) if the shop had as many in this minute."""
    minute = at.replace(second=0, microsecond=0)
    if not client.update(
        TableName=table,
        Key=client.encode({"pk": shop, "sk": keys.rate(kind, minute)}),
        UpdateExpression="ADD requests :one SET expires_at = :expires",
        ConditionExpression="attribute_not_exists(requests) OR requests < :most",
        ExpressionAttributeValues=client.encode(
            {":one": 1, ":most": most, ":expires": int((minute + _KEPT).timestamp())}
        ),
    ):
        left = minute + _WINDOW - at
        raise TooMany(
            f"a shop has {most} {kind} a minute here; wait for the next one",
            code=f"too_many_{kind}",
            retry_after=max(1, -int(-left.total_seconds() // 1)),
        )
