"""What is known of an order, as a state that merges.

Bodies, refunds, the cancellation and the deletion of an order may come in any order and any number of
times. Cancelled stays cancelled, at the earliest date told; deleted stays deleted and forgets the rest. Where a store
lets both go back, `facts.standing` says what holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from segment_core import instants
from segment_core.facts import products, registers, standing
from segment_core.facts.registers import Register, Registers
from segment_core.record import field, record

CUSTOMER = "customer_id"
# Total, currency and `updated_at` in one register: refunds after that instant are not in that total, so the
# three must come from one body even if a later one tells only other things.
MONEY = "money"
LINES = "lines"

# Of a refund: payments that had not gone through when it was told. Not in the document.
WAITING = "waiting"

_NOT_IN_DOCUMENT = (CUSTOMER, MONEY, *standing.KEYS)
_GROUPS = ("fields", "refunds", "products", "payments")


@record
class OrderState:
    """`fields` are registers by document key, with `customer_id`, `money` and those of `facts.standing`; `refunds` are
    registers by id.

    `cancelled_at` is sortable text. `products` are registers of what earlier lines said of their products,
    see `facts.products`. `payments` are registers of money that went back, by the payment's id: it counts where a
    refund waits for that payment.
    """

    fields: Registers = field(default_factory=dict)
    refunds: Registers = field(default_factory=dict)
    cancelled_at: str | None = None
    deleted: bool = False
    products: Registers = field(default_factory=dict)
    payments: Registers = field(default_factory=dict)

    def join(self, other: OrderState) -> OrderState:
        """What both say together."""
        if self.deleted or other.deleted:
            return OrderState(deleted=True)
        fields = registers.join(self.fields, other.fields)
        told = [part for state in (self, other) for part in (state.products, products.said(state.fields.get(LINES)))]
        return OrderState(
            fields,
            registers.join(self.refunds, other.refunds),
            min(filter(None, (self.cancelled_at, other.cancelled_at)), default=None),
            products=products.kept(fields.get(LINES), *told),
            payments=registers.join(self.payments, other.payments),
        )

    def buried(self) -> OrderState:
        """What stays when its customer was erased: whose it was and as of when, so that it is there for another one,
        and where it stands, as what says that alone may not be told again.

        Somebody it had gone to before may be told of late. What was known of it is not kept for that: the body that
        says whose it is says the rest.
        """
        if self.deleted:
            return self
        whose = self.fields[CUSTOMER]
        stands = {key: self.fields[key] for key in standing.KEYS if key in self.fields}
        return OrderState({CUSTOMER: Register(registers.without_content(whose.stamp), whose.value), **stands})

    @property
    def counts(self) -> bool:
        """Whether it is one of its customer's orders. If not, it stays with them, as it may be one again."""
        return standing.counts(self.fields)

    @property
    def customer_id(self) -> str | None:
        """Whose order it is, once a body has named a customer."""
        told = self.fields.get(CUSTOMER)
        return None if told is None else str(told.value)

    @property
    def created_at(self) -> datetime | None:
        """When it was placed, once that was told."""
        told = self.fields.get("created_at")
        return None if told is None or told.value is None else instants.parse(str(told.value))

    def document(self, order_id: str) -> dict[str, object]:
        """The order in the notation of the customer document."""
        document = {key: register.value for key, register in self.fields.items() if key not in _NOT_IN_DOCUMENT}
        money = self.fields.get(MONEY, Register("", {})).value
        if isinstance(money, Mapping):
            document |= money
        if LINES in self.fields:
            document[LINES] = products.completed(self.fields[LINES], self.products)
        cancelled_at = standing.cancelled_at(self.fields, self.cancelled_at)
        if cancelled_at is not None:
            document["cancelled_at"] = cancelled_at
        refunds = [
            {"id": id_, **self._paid(refund.value)}
            for id_, refund in self.refunds.items()
            if isinstance(refund.value, Mapping)
        ]
        document["refunds"] = sorted(refunds, key=lambda refund: (str(refund.get("created_at")), refund["id"]))
        return {"id": order_id, **document}

    def _paid(self, refund: Mapping[str, object]) -> dict[str, object]:
        """A refund with the payments that went through since it was told."""
        told = dict(refund)
        waiting = told.pop(WAITING, [])
        late = [paid.value for id_, paid in self.payments.items() if isinstance(waiting, list) and id_ in waiting]
        if late:
            told["amount"] = format(sum((Decimal(str(paid)) for paid in late), Decimal(str(told["amount"]))), "f")
        return told

    def encode(self) -> str:
        """The state as text, for storing."""
        return registers.encode(
            {"fields": self.fields, "refunds": self.refunds, "products": self.products, "payments": self.payments},
            {"cancelled_at": self.cancelled_at, "deleted": self.deleted or None},
        )


def decode(text: str) -> OrderState:
    """The state that was stored as this text."""
    groups, others = registers.decode(text, _GROUPS)
    cancelled_at = others.get("cancelled_at")
    return OrderState(
        groups["fields"],
        groups["refunds"],
        None if cancelled_at is None else str(cancelled_at),
        bool(others.get("deleted", False)),
        groups["products"],
        groups["payments"],
    )
