"""What callers read of a refused field: our words, for every rule that a model has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from segment_core.api import models, openapi, query_models
from segment_core.api.wording import wording

SHOP = {"domain": "demo.example.com", "zone": "UTC", "currency": "EUR"}
SEGMENT = {"name": "a", "query": "q"}


@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        (models.ShopRequest, {**SHOP, "webhook_secrets": ["..."]}, "must have 8 to 256 characters"),
        (models.ShopRequest, {**SHOP, "webhook_secrets": ["x" * 257]}, "must have 8 to 256 characters"),
        (models.ShopRequest, {**SHOP, "webhook_secrets": []}, "must have 1 or more elements"),
        (models.ShopRequest, {**SHOP, "webhook_secrets": ["long-enough"] * 3}, "must have at most 2 elements"),
        (models.ShopRequest, {**SHOP, "webhook_secrets": "long-enough"}, "must be a list"),
        (models.ShopRequest, {**SHOP, "zone": "Oslo"}, "must be the name of an IANA time zone, such as Europe/Berlin"),
        (
            models.ShopRequest,
            {**SHOP, "currency": "eur"},
            "must be a currency code of three capital letters, such as EUR",
        ),
        (
            models.ShopRequest,
            {**SHOP, "domain": "Demo"},
            "must be a host name in lower case, such as example.myshopify.com",
        ),
        (models.ShopRequest, {**SHOP, "domain": "a." * 200}, "must have at most 253 characters"),
        (models.ShopRequest, {**SHOP, "settings": None}, "must be an object"),
        (models.ShopRequest, {**SHOP, "settings": {"count_test_orders": 1}}, "must be true or false"),
        (models.ShopRequest, {**SHOP, "colour": "blue"}, "is not known here"),
        (models.SegmentRequest, {**SEGMENT, "name": 7}, "must be text"),
        (models.SegmentRequest, {"name": "a"}, "is missing"),
        (query_models.ExportRequest, {"format": "xls"}, "must be 'ndjson' or 'csv'"),
        (
            query_models.SegmentsAsked,
            {"segments": ["a#b"]},
            "must be an id: letters, digits and _ . : - only, at most 128",
        ),
        (
            models.ImportRequest,
            {"customers": [{}], "as_of": "yesterday"},
            "must be an instant with its offset, such as 2026-03-01T09:30:00Z",
        ),
    ],
)
def test_a_field_is_refused_in_our_words(model: type[BaseModel], body: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    assert [wording(error) for error in refused.value.errors()] == [words]


def test_every_pattern_of_the_interface_has_words() -> None:
    def patterns(value: Any) -> set[str]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        own = {value["pattern"]} if isinstance(value, dict) and isinstance(value.get("pattern"), str) else set()
        return own.union(*map(patterns, parts))

    assert patterns(json.loads(openapi.text())) == set(models.FORMS)


def test_a_rule_without_words_keeps_the_validators() -> None:
    assert wording({"type": "of_another_kind", "msg": "is odd"}) == "is odd"
