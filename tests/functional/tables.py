"""The tables of template.yaml, made wherever boto3 points: tests have no table definitions of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from segment_core.store import client
from segment_core.store.tables import Tables

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

# What a table is made of; the rest of its properties is for operating it.
_SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, which no part of a table's shape uses."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@cache
def resources() -> dict[str, Any]:
    """The resources of `template.yaml`, without what its short functions stand for."""
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)["Resources"]  # noqa: S506
    return loaded


def create_tables(prefix: str) -> Tables:
    """Create every table, each named by the prefix and its kind (`CustomersTable` becomes `customers`)."""
    names = {}
    for logical_id, resource in resources().items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        kind = logical_id.removesuffix("Table").lower()
        names[kind] = f"{prefix}-{kind}"
        shape = {key: value for key, value in resource["Properties"].items() if key in _SHAPE}
        client.client().create_table(TableName=names[kind], **shape)
    return Tables(**names)
