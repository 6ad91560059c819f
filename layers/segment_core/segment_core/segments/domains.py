"""The shop that a store's domain is bound to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from segment_core.errors import NotUnderstood
from segment_core.store import shops

# How long the domains of all shops are used without asking again.
DOMAINS_LAST = timedelta(minutes=5)


@dataclass(slots=True)
class Domains:
    """Which shop each domain is bound to, remembered for a while: one read serves many events."""

    table: str
    _shops: dict[str, list[str]] = field(default_factory=dict)
    _read_at: datetime | None = None

    def shop_of(self, domain: str, at: datetime) -> str:
        """The shop that is bound to this domain. Raises NotUnderstood if none is, or more than one.

        Nothing is signed on a partner bus: of two shops that claim a store, none gets what is told of its customers.
        """
        if self._read_at is None or not timedelta(0) <= at - self._read_at < DOMAINS_LAST or domain not in self._shops:
            self._shops, self._read_at = shops.by_domain(self.table), at
        return bound(self._shops, domain)


def bound(by_domain: Mapping[str, Sequence[str]], domain: str) -> str:
    """The one shop that is bound to the domain. Raises NotUnderstood if none is, or more than one."""
    found = by_domain.get(domain, ())
    if len(found) != 1:
        what = "no shop is" if not found else "several shops are"
        raise NotUnderstood(f"{what} bound to the store's domain; PUT /shops binds one", code="shop_not_found")
    return found[0]
