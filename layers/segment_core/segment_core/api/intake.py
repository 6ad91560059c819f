"""What all ways to send facts over the API have in common: a result for each, and what could never be stored."""

from __future__ import annotations

from collections.abc import Iterable

from segment_core.api import models
from segment_core.errors import InvalidDocument, TidemarkError
from segment_core.facts.told import OrderFact, ProfileFact
from segment_core.store import orders, profiles
from segment_core.store.orders import Held


def check_sizes(shop: str, customer: ProfileFact, bought: Iterable[OrderFact]) -> None:
    """Raises TooLarge if a fact is more than its item can hold, even where nothing else is stored."""
    profiles.told(shop, customer.customer_id, None, customer.told, bulk=True)
    for fact in bought:
        held = Held(fact.order_id, orders.pointer_key(shop, fact.order_id), None, None)
        if change := orders.told(shop, held, fact.told):
            orders.writes(shop, change, bulk=True)


def refused(index: int, error: TidemarkError, within: str = "") -> models.IntakeResult:
    """The result of what is refused. It was read `within` another object, of which its path says nothing."""
    path = error.path.removeprefix(within) if isinstance(error, InvalidDocument) else None
    reason = error.message.removeprefix(within)
    return models.IntakeResult(index=index, status="refused", code=error.code, path=path, message=reason)
