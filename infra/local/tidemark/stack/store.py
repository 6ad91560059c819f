"""The table store of a stack: which one, its tables, and what it cannot do."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from tidemark.stack import dynamodb_local, moto_store
from tidemark.stack.errors import StoreError
from tidemark.stack.store_client import TABLES, StoreClient, StoreRefusal
from tidemark.stack.store_process import StoreProcess
from tidemark.stack.wiring import Table

StoreName = Literal["dynamodb-local", "moto"]

AUTO = "auto"
DYNAMODB_LOCAL: StoreName = "dynamodb-local"
MOTO: StoreName = "moto"

# A process in memory that a stack no longer needs, emptied, for the next one: they take seconds to start.
_idle: dict[StoreName, list[StoreProcess]] = {DYNAMODB_LOCAL: [], MOTO: []}


class Store:
    """A running store with its client."""

    def __init__(self, wanted: str, data: Path | None, inherit: Sequence[int] = ()) -> None:
        """`wanted`: a store, or `auto` for DynamoDB Local if it can be used. Raises StoreError."""
        if wanted not in (AUTO, DYNAMODB_LOCAL, MOTO):
            raise StoreError(f"there is no store '{wanted}': auto, dynamodb-local or moto")
        self._data = data
        self._may_fall_back = wanted == AUTO
        self._tables: list[str] = []
        reason = None if wanted == MOTO else dynamodb_local.missing()
        if wanted == MOTO or (reason and self._may_fall_back):
            self._use_moto(reason)
        elif reason:
            raise StoreError(f"DynamoDB Local cannot be used: {reason}")
        else:
            self._use_dynamodb_local(inherit)

    def _use_dynamodb_local(self, inherit: Sequence[int]) -> None:
        self.name: StoreName = DYNAMODB_LOCAL
        try:
            self._process = self._idle_process() or dynamodb_local.start(self._data, inherit)
        except StoreError as error:
            if not self._may_fall_back:
                raise
            self._use_moto(str(error))

    def _use_moto(self, reason: str | None) -> None:
        if self._data is not None:
            because = f" ({reason})" if reason else ""
            raise StoreError(f"moto keeps nothing: keeping data needs DynamoDB Local{because}")
        print(f"Note: {reason + '; so ' if reason else ''}{moto_store.LIMITS}.", file=sys.stderr, flush=True)
        self.name = MOTO
        self._process = self._idle_process() or moto_store.start()

    def open(self, tables: Sequence[Table]) -> StoreClient:
        """Wait until it is ready, make the tables that are not there."""
        try:
            self.url = self._process.url()
        except StoreError as error:
            if not self._may_fall_back or self.name == MOTO:
                raise
            # No native library for this machine, say.
            self._use_moto(str(error))
            self.url = self._process.url()
        client = StoreClient(self.url)
        for table in tables:
            try:
                client.call(TABLES, "CreateTable", table.create)
            except StoreRefusal as refusal:
                if refusal.code != "ResourceInUseException":
                    raise
            self._tables.append(table.name)
        return client

    def stop(self) -> None:
        """End it; what it held in memory is gone."""
        if self._data is None and self._emptied():
            _idle[self.name].append(self._process)
        else:
            self._process.stop()

    def _idle_process(self) -> StoreProcess | None:
        while self._data is None and _idle[self.name]:
            process = _idle[self.name].pop()
            if process.running:
                return process
            process.stop()
        return None

    def _emptied(self) -> bool:
        try:
            with closing(StoreClient(self._process.url())) as client:
                for name in self._tables:
                    client.call(TABLES, "DeleteTable", {"TableName": name})
        except StoreError:
            return False
        return True


@atexit.register
def _stop_idle() -> None:
    for processes in _idle.values():
        while processes:
            processes.pop().stop()
