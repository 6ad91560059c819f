"""Metafields: what each of the store's types of metafield can be asked.

A query does not say of which type a metafield is. Where the shop's definitions are known the type is checked when
the query is written; in any case each customer's value is read by the type that comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from segment_core.language.vocabulary.domains import DATE, INTEGER, NUMBER, OPAQUE, TEXT, TRUTH
from segment_core.language.vocabulary.entries import Attribute, Domain, Fact

Definitions = Mapping[str, str]
"""The metafields that a shop has defined for customers: `namespace.key` and the store's name of the type."""

# `metafields.<namespace>.<key>`, also written `customer.metafields.<namespace>.<key>`.
_NAME: Final = r"(?:customer\.)?metafields\.([A-Za-z0-9_-]{1,255}\.[A-Za-z0-9_-]{1,255})"

PREFIX: Final = "metafields."

_SCALARS: Final[Mapping[str, Domain]] = {
    "boolean": TRUTH,
    "color": TEXT,
    "date": DATE,
    "date_time": DATE,
    "id": TEXT,
    "multi_line_text_field": TEXT,
    "number_decimal": NUMBER,
    "number_integer": INTEGER,
    "single_line_text_field": TEXT,
    "url": TEXT,
}
_LISTS: Final[Mapping[str, Domain]] = {
    "list.color": TEXT,
    "list.number_decimal": NUMBER,
    "list.number_integer": INTEGER,
    "list.single_line_text_field": TEXT,
    "list.url": TEXT,
}

METAFIELD_TYPES: Final[Mapping[str, tuple[Domain, bool]]] = {
    **{name: (domain, False) for name, domain in _SCALARS.items()},
    **{name: (domain, True) for name, domain in _LISTS.items()},
}
"""By the store's name of a type: the domain of its values, and whether it is a list of them."""

EXAMPLES: Final[Mapping[str, str]] = {
    "date": "metafields.custom.renewal_date BETWEEN today AND +30d",
    "number": "metafields.custom.points >= 100",
    "integer": "metafields.custom.points >= 100",
    "text": "metafields.custom.size = 'XL'",
    "truth": "metafields.custom.newsletter = true",
    "opaque": "metafields.custom.preferences IS NOT NULL",
    "list": "metafields.custom.sizes CONTAINS 'XL'",
}
"""What can be asked of a domain."""


def key_of(name: str) -> str | None:
    """The `namespace.key` of a metafield's name; None if the name is none."""
    match = re.fullmatch(_NAME, name)
    return match[1] if match else None


def metafield(key: str, domain: Domain, many: bool) -> Attribute:
    """The filter on the metafield `namespace.key`, whose values are in the domain."""
    example = EXAMPLES["list" if many else domain.type]
    return Attribute(
        f"{PREFIX}{key}", domain, "A metafield.", example, (Fact("metafield", key),), many=many, optional=True
    )


def defined(key: str, store_type: str) -> Attribute:
    """The filter on a metafield that is defined with the store's type; types that cannot be compared are opaque."""
    domain, many = METAFIELD_TYPES.get(store_type, (OPAQUE, False))
    return metafield(key, domain, many)
