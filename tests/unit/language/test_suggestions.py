"""What is suggested for a name that does not exist, and that the suggestion is itself right."""

from __future__ import annotations

import pytest

from segment_core.language.suggestions import INVENTED_FILTERS, INVENTED_VALUES
from segment_core.language.vocabulary import ATTRIBUTES, find, names
from segment_core.nearest import nearest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("amount_spend", "amount_spent"),
        ("amount_psent", "amount_spent"),
        ("Amount_Spent", "amount_spent"),
        ("number_of_order", "number_of_orders"),
        ("costumer_tag", "customer_tags"),
        ("shopify_email.open", "shopify_email.opened"),
        ("a", None),
        ("qwertyuiop", None),
        ("x" * 10_000, None),
    ],
)
def test_the_nearest_name(written: str, meant: str | None) -> None:
    assert nearest(written, names()) == meant


def test_the_nearest_of_several_wins() -> None:
    assert nearest("cart", ["care", "carts", "cart"]) == "cart"


def test_exchanged_neighbours_are_one_difference() -> None:
    assert nearest("olw", ["LOW"]) == "LOW"
    assert nearest("lwo", ["LOW"]) == "LOW"
    assert nearest("hgih", ["HIGH"]) == "HIGH"
    assert nearest("badc", ["abcd"]) is None


@pytest.mark.parametrize(("invented", "advice"), INVENTED_FILTERS.items())
def test_an_invented_filter_leads_to_a_real_one(invented: str, advice: str) -> None:
    assert find(invented) is None
    assert find(advice.split("(", maxsplit=1)[0].split(maxsplit=1)[0].rstrip(",")) is not None


@pytest.mark.parametrize("attribute", INVENTED_VALUES)
def test_an_invented_value_leads_to_a_real_one(attribute: str) -> None:
    values = ATTRIBUTES[attribute].domain.values

    assert set(INVENTED_VALUES[attribute].values()) <= set(values)
    assert not set(INVENTED_VALUES[attribute]) & set(values)
