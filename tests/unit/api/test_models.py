"""What requests may hold, beyond what their types say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from segment_core.api import models

SHOP = {"domain": "demo.example.com", "zone": "UTC", "currency": "EUR"}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (models.SegmentRequest, {"name": "a\ud800", "query": "q"}),
        (models.SegmentRequest, {"name": "a", "query": "\udfffq"}),
        (models.ShopRequest, {**SHOP, "webhook_secrets": ["a-secret\ud83c"]}),
    ],
)
def test_half_a_surrogate_pair_is_refused_and_not_repeated(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    (error,) = refused.value.errors(include_input=False, include_context=False)
    assert "half a surrogate pair" in error["msg"]
    assert str(refused.value).isascii()


def test_characters_beyond_the_basic_plane_are_text() -> None:
    assert models.SegmentRequest(name="\N{PARTY POPPER}", query="q").name == "\N{PARTY POPPER}"
    assert models.ShopRequest.model_validate({**SHOP, "webhook_secrets": ["\N{PARTY POPPER}" * 8]}).webhook_secrets


@pytest.mark.parametrize(
    "as_of", ["", "yesterday", "2026-03-01", "2026-03-01T00:00:00", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", 5]
)
def test_an_import_counts_from_an_instant_with_an_offset(as_of: object) -> None:
    with pytest.raises(ValidationError):
        models.ImportRequest.model_validate({"customers": [{}], "as_of": as_of})


def test_it_is_kept_in_utc() -> None:
    request = models.ImportRequest.model_validate({"customers": [{}], "as_of": "2026-03-01T01:00:00.5+01:00"})
    assert request.as_of == "2026-03-01T00:00:00.500000Z"
