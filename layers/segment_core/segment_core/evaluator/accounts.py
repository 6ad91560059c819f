"""What can be asked of accounts of store credit."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from segment_core.evaluator.things import Things, Value, When

CREDIT_ACCOUNTS: Final = Things(
    rows=attrgetter("customer.store_credit_accounts"),
    unit="accounts",
    sources={
        "balance": Value(attrgetter("balance")),
        "currency": Value(attrgetter("currency")),
        "next_expiry_date": When(attrgetter("next_expiry_date")),
        "last_credit_date": When(attrgetter("last_credit_date"), happened=True),
    },
)
