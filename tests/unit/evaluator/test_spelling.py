"""Letters that look the same are the same, in one code point or with their accents after them."""

from __future__ import annotations

from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.document import read_customer
from segment_core.instants import parse as instant
from segment_core.language import Limits, check, parse
from segment_core.shop import Shop

AT = instant("2026-03-01T12:00:00Z")
SHOP = Shop(ZoneInfo("UTC"), "USD")
CUSTOMER = {
    "id": "1",
    "tags": ["Café"],
    "email": "a@bücher.example",
    "addresses": [{"country": "NO", "region": "15", "city": "Ålesund"}],
    "metafields": {
        "a.size": {"type": "single_line_text_field", "value": "Größe"},
        "a.sizes": {"type": "list.single_line_text_field", "value": ["Größe"]},
    },
    "orders": [
        {
            "id": "1",
            "created_at": "2026-02-03T12:00:00Z",
            "channel": "Café",
            "tags": ["Café"],
            "lines": [{"quantity": 1, "vendor": "Café", "tags": ["Café"]}],
        }
    ],
    "events": [
        {
            "id": "1",
            "type": "quiz é",
            "at": "2026-02-03T12:00:00Z",
            "properties": {"topic": ["Café", "b"], "thème": "Café", "journée": "2026-02-03"},
        }
    ],
}


def in_form(value: object, form: str) -> object:
    """The document with all its texts in a form of Unicode."""
    if isinstance(value, dict):
        return {normalize(form, key): in_form(one, form) for key, one in value.items()}
    if isinstance(value, list):
        return [in_form(one, form) for one in value]
    return normalize(form, value) if isinstance(value, str) else value  # type: ignore[arg-type]


@pytest.mark.parametrize("of_facts", ["NFC", "NFD"])
@pytest.mark.parametrize("of_query", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "query",
    [
        "customer_tags CONTAINS 'café'",
        "customer_tags IN ('CAFÉ')",
        "customer_tags STARTS WITH 'CAFÉ'",
        "customer_email_domain = 'bücher.example'",
        "customer_email_domain STARTS WITH 'bücher'",
        "customer_cities CONTAINS 'NO-15-Ålesund'",
        "metafields.a.size = 'Größe'",
        "metafields.a.size IN ('Größe')",
        "metafields.a.size STARTS WITH 'Grö'",
        "metafields.a.sizes CONTAINS 'größe'",
        "orders_placed MATCHES (channel = 'Café', tag = 'CAFÉ')",
        "orders_placed NOT MATCHES (channel != 'Café')",
        "products_purchased MATCHES (vendor IN ('Café', 'x'), tag STARTS WITH 'café')",
        "event('quiz é') MATCHES (topic = 'Café')",
        "event('quiz é') MATCHES (thème = 'Café', journée = 2026-02-03)",
        "event('quiz é') MATCHES (properties.thème != 'x')",
    ],
)
def test_composed_and_decomposed_texts_are_the_same(query: str, of_query: str, of_facts: str) -> None:
    customer = read_customer(in_form(CUSTOMER, of_facts))
    written = normalize(of_query, query)
    assert compile_query(parse(written)).evaluate(customer, SHOP, AT).member
    assert check(written).canonical == check(query).canonical == normalize("NFC", check(query).canonical)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_segment_is_asked_however_its_name_is_composed(form: str) -> None:
    known = {"Fidèles": parse("number_of_orders > 0")}
    query = "in_segment('Fidèles')"
    assert check(normalize(form, query), Limits(segments=known)).canonical == query
