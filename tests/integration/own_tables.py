"""The tables of `template.yaml` on DynamoDB Local, for code that runs in this very process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from segment_core.record import as_dict
from segment_core.store import client, generations
from segment_core.store.tables import Tables
from tidemark.stack.store import DYNAMODB_LOCAL, Store

from ..functional.tables import create_tables


@contextmanager
def own_tables() -> Iterator[Tables]:
    """Empty tables, which clients of this process are pointed at. Raises StoreError where the store cannot run."""
    store = Store(DYNAMODB_LOCAL, None)
    try:
        store.open([]).close()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL_DYNAMODB": store.url,
                "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            }.items():
                patch.setenv(name, value)
            _forget()
            tables = create_tables("own")
            yield tables
            # The process of the store is the next one's.
            for name in as_dict(tables).values():
                client.client().delete_table(TableName=name)
    finally:
        _forget()
        store.stop()


def _forget() -> None:
    """What the process remembers is of other tables by the same names."""
    client.client.cache_clear()
    generations.numbered.cache_clear()
    generations.common.cache_clear()
