"""`function MATCHES (...)`: one table from the name of a function to what its parameters look at.

To add a function, add its row to FUNCTIONS; to add a parameter, add it to the function's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from segment_core.evaluator.accounts import CREDIT_ACCOUNTS
from segment_core.evaluator.distance import WITHIN_DISTANCE, compile_distance
from segment_core.evaluator.events import OF_EVENTS, compile_event, emails, views
from segment_core.evaluator.orders import ORDERS_PLACED, PRODUCTS_PURCHASED
from segment_core.evaluator.refunds import REFUNDS
from segment_core.evaluator.things import Things, compile_things
from segment_core.evaluator.windows import Chosen, compile_windows
from segment_core.language import ast
from segment_core.record import record


@record
class Function:
    """The names of the parameters it answers, and how a clause on it is compiled."""

    parameters: Collection[str]
    compile: Callable[[ast.Matches], Chosen]


def _things(things: Things) -> Function:
    return Function(things.sources, partial(compile_things, things))


_EMAILS = ("bounced", "clicked", "delivered", "marked_as_spam", "opened", "unsubscribed")
_VIEWS = ("collection_viewed", "product_viewed")

FUNCTIONS: Final[Mapping[str, Function]] = {
    "orders_placed": _things(ORDERS_PLACED),
    "orders_refunded": _things(REFUNDS),
    "products_purchased": _things(PRODUCTS_PURCHASED),
    **{name: _things(emails(name)) for name in (f"shopify_email.{event}" for event in _EMAILS)},
    **{name: _things(views(name)) for name in (f"storefront.{event}" for event in _VIEWS)},
    "store_credit_accounts": _things(CREDIT_ACCOUNTS),
    "event": Function(OF_EVENTS, compile_event),
    "customer_within_distance": Function(WITHIN_DISTANCE, compile_distance),
}


def compile_choice(node: ast.Matches) -> Chosen:
    """The parameters of a MATCHES, ready to be asked. Raises KeyError and TypeError for what is not in the tables."""
    return compile_windows(node, FUNCTIONS[node.function].compile)
