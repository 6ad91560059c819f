"""A function's environment: a process of its own that runs one event at a time, as on Lambda.

It has the function's variables and nobody else's, keeps its module and caches between events, and hands back
the handler's answer with what it printed. It ends when the process that started it is gone.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.loaders import Loader, create_loader

from segment_core import clock, instants
from segment_core.store.capacity import Meter
from tidemark.stack.store_client import AUTHORIZATION

Json = Any

_SERVICES = ("dynamodb", "sqs", "events", "ssm")
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


@cache
def descriptions() -> Loader:
    """botocore's descriptions of the services that are here. To read them takes longer than all else at a start."""
    loader = create_loader()
    loader.load_data("endpoints")
    for service in _SERVICES:
        loader.load_service_model(service, "service-2")
    return loader


class Closable(Protocol):
    """A connection or a socket."""

    def close(self) -> None:
        """Close it."""


def run(connection: Connection, inherited: Iterable[Closable]) -> None:
    """Serve the connection until its other end is closed. `inherited`: ends that are not for this process.

    An end that stayed open here would keep its owner's other end waiting after that owner has died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for one in inherited:
        one.close()
    worker = Worker()
    actions: Mapping[str, Callable[[Json], Json]] = {
        "start": worker.start,
        "invoke": worker.invoke,
        "call": worker.call,
    }
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        sys.stdout = sys.stderr = output = io.StringIO()
        try:
            answer = {"value": json.loads(json.dumps(actions[request["do"]](request)))}
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
            answer = {"error": _described(error)}
        answer |= {"output": output.getvalue(), "written": worker.take_written()}
        consumed = worker.take_consumed()
        # What the stack itself wants to know is nothing that happens on AWS.
        answer["consumed"] = consumed if request["do"] == "invoke" else []
        connection.send_bytes(json.dumps(answer).encode())


class Worker:
    """The loaded function."""

    def __init__(self) -> None:
        self._written: set[str] = set()
        self._meter = Meter()
        self._handler: Callable[[Json, object], Json] = _not_loaded

    def start(self, request: Json) -> None:
        """Take over the variables, then load the handler's module."""
        os.environ.clear()
        os.environ.update(request["variables"])
        for layer in request["layers"]:
            if layer not in sys.path:
                sys.path.append(layer)
        _forget_caches(request["layers"])
        boto3.DEFAULT_SESSION = self.session()
        if request["metered"]:
            self._meter.watch(boto3.DEFAULT_SESSION.events)
        module_name, _, function = request["handler"].rpartition(".")
        sys.path.insert(0, request["code"])
        sys.modules.pop(module_name, None)
        self._handler = getattr(importlib.import_module(module_name), function)

    def invoke(self, request: Json) -> Json:
        """Hand one event to the handler."""
        _set_clock(request["clock"])
        return self._handler(request["event"], Context(request["context"]))

    def call(self, request: Json) -> Json:
        """Call a function by its place; its arguments are environment variables of the same names."""
        _set_clock(request["clock"])
        module_name, _, name = request["target"].partition(":")
        target = getattr(importlib.import_module(module_name), name)
        names = target.__code__.co_varnames[: target.__code__.co_argcount]
        value = target(*(os.environ[argument.upper()] for argument in names))
        return instants.iso(value) if isinstance(value, datetime) else value

    def take_written(self) -> list[str]:
        """The tables that were written to since this was asked last."""
        written, self._written = self._written, set()
        return sorted(written)

    def take_consumed(self) -> list[dict[str, Any]]:
        """What calls of DynamoDB came to since this was asked last; nothing if nobody wants to know."""
        lines = [asdict(line) for line in self._meter.take()]
        return [line | {"units": str(line["units"]), "indexes": str(line["indexes"])} for line in lines]

    def session(self) -> boto3.Session:
        """What clients are made from: it notes writes, and does not sign.

        Nobody here checks signatures, and making one is a sixth of a call's processor time.
        """
        core = botocore.session.get_session()
        core.register_component("data_loader", descriptions())
        session = boto3.Session(botocore_session=core)
        session.events.register("provide-client-params.dynamodb", self.note_written)
        session.events.register("choose-signer", _unsigned)
        session.events.register("before-sign.dynamodb", _authorize)
        return session

    def note_written(self, params: Json, model: Any, **_: object) -> None:
        """What botocore tells before each call of DynamoDB: the operation and its parameters."""
        if model.name not in _WRITES:
            return
        if "TableName" in params:
            self._written.add(params["TableName"])
        self._written.update(params.get("RequestItems", ()))
        for operation in params.get("TransactItems", ()):
            self._written.update(action["TableName"] for kind, action in operation.items() if kind != "ConditionCheck")


def _unsigned(signing_name: str = "", **_: object) -> Any:
    # The addresses of files are checked.
    return None if signing_name == "s3" else UNSIGNED


def _authorize(request: Any, **_: object) -> None:
    request.headers["Authorization"] = AUTHORIZATION


def _not_loaded(event: Json, context: object) -> Json:
    raise RuntimeError("the function has not been loaded")


class Context:
    """What Lambda tells a handler about its invocation."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, about: Mapping[str, Any]) -> None:
        self.aws_request_id: str = about["request_id"]
        self.function_name: str = about["function_name"]
        self.invoked_function_arn: str = about["function_arn"]
        self.memory_limit_in_mb: int = about["memory"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "local"
        self._deadline = time.monotonic() + about["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """How long the handler has left; it is not stopped here when that is over."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def _set_clock(setting: Mapping[str, Any]) -> None:
    if setting["frozen_at"] is not None:
        frozen = instants.parse(setting["frozen_at"])
        clock.use(lambda: frozen)
    else:
        offset = timedelta(seconds=setting["offset"])
        clock.use(lambda: datetime.now(UTC) + offset)


def _forget_caches(layers: Iterable[str]) -> None:
    """Empty what modules of the layers remember: this process was split off one that may have used them."""
    packages = {child.stem for layer in layers for child in Path(layer).iterdir() if not child.name.startswith(".")}
    # Lists, since looking at things may import more of them.
    for name in list(sys.modules):
        if name.partition(".")[0] not in packages:
            continue
        for value in list(vars(sys.modules[name]).values()):
            if callable(forget := getattr(value, "cache_clear", None)):
                forget()


def _described(error: Exception) -> dict[str, Any]:
    """An error as Lambda reports it."""
    places = traceback.extract_tb(error.__traceback__)
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": [f"{place.filename}:{place.lineno} {place.name}" for place in places],
    }
