"""The functions of the template as they are deployed, in this process: handlers, what they remember, their context.

An environment runs one invocation at a time, as on Lambda; environments of one process share what `segment_core`
remembers, so a cold start empties all of that.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import pkgutil
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

import segment_core
from segment_core.membership import jobs, sweep
from segment_core.runtime import observability
from segment_core.store import keys
from tidemark.stack.wiring import FunctionSettings

_numbers = itertools.count()
# What powertools keeps on the class while a request is answered: only one per process has to be, on Lambda.
_OF_A_REQUEST = ("current_event", "lambda_context")
# Made anew they would only cost time: nothing that is remembered in them decides anything.
_LASTING = ("segment_core.runtime.observability",)


@dataclass(slots=True)
class Environments:
    """The environments of one function that are free; another one is made when all are taken."""

    settings: FunctionSettings
    free: list[ModuleType] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[Callable[[Any, Any], Any]]:
        """A handler that nobody else uses meanwhile."""
        module = self.free.pop() if self.free else self._load()
        # A resolver takes over what the routers hold of another one's request, and a crash leaves its own behind.
        if app := getattr(module, "app", None):
            app.context.clear()
        try:
            yield module.handler
        finally:
            self.free.append(module)

    def _load(self) -> ModuleType:
        module_name, _, _ = self.settings.handler.rpartition(".")
        name = f"simulated_{self.settings.id}_{next(_numbers)}"
        spec = importlib.util.spec_from_file_location(name, self.settings.code / f"{module_name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


# They last for the whole process, since to load an API takes long.
_environments: dict[str, Environments] = {}


def environments(settings: FunctionSettings) -> Environments:
    """Those of the function."""
    return _environments.setdefault(settings.id, Environments(settings))


@contextmanager
def one_request() -> Iterator[None]:
    """Around a pause: what others put in place of the request at hand is undone after it."""
    kept = {name: BaseRouter.__dict__[name] for name in _OF_A_REQUEST if name in BaseRouter.__dict__}
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(BaseRouter, name, value)


def context(settings: FunctionSettings, seconds_left: Callable[[], float]) -> SimpleNamespace:
    """What Lambda tells a handler of its invocation."""
    return SimpleNamespace(
        function_name=settings.name,
        function_version="1",
        memory_limit_in_mb=settings.memory,
        invoked_function_arn=settings.arn,
        aws_request_id="simulated",
        log_group_name=f"/aws/lambda/{settings.name}",
        log_stream_name="simulated",
        get_remaining_time_in_millis=lambda: int(max(0.0, seconds_left()) * 1000),
    )


# What a process remembers ---------------------------------------------------------------------


@cache
def _core() -> Sequence[ModuleType]:
    """Every module of `segment_core`, so that what it remembers is found before it is used."""
    found = pkgutil.walk_packages(segment_core.__path__, "segment_core.")
    return [importlib.import_module(one.name) for one in found]


@cache
def _remembering() -> Sequence[Callable[[], None]]:
    """How to empty each cache, and each dictionary that was empty when its module was loaded."""
    forget: list[Callable[[], None]] = []
    for module in _core():
        if module.__name__ in _LASTING:
            continue
        for value in vars(module).values():
            if callable(clear := getattr(value, "cache_clear", None)):
                forget.append(clear)
            elif isinstance(value, dict) and not value:
                forget.append(value.clear)
    return forget


# Looked for before anything runs: a test of this process that remembers something first would hide what was empty.
_remembering()


def forget() -> None:
    """A cold start: whatever was remembered is gone."""
    for one in _remembering():
        one()
    for name, module in list(sys.modules.items()):
        if name.startswith("simulated_") and (door := getattr(module, "door", None)):
            door.cache_clear()


@contextmanager
def given(clock: Any, chance: Random) -> Iterator[None]:
    """Within this, the core sleeps by the clock, and what it draws comes from the seed."""
    instead = {
        id(time): clock,
        id(random): chance,
        id(uuid.uuid4): lambda: uuid.UUID(int=chance.getrandbits(128), version=4),
    }
    places = [
        (module, name, value) for module in _core() for name, value in vars(module).items() if id(value) in instead
    ]
    for module, name, value in places:
        setattr(module, name, instead[id(value)])
    try:
        yield
    finally:
        for module, name, value in places:
            setattr(module, name, value)


# With few customers there would be one to a slice and one page of everything, and no second page would ever be tried.
SMALL: Mapping[tuple[ModuleType, str], int] = {
    (keys, "ROSTER_SLICES"): 1,
    (jobs, "PAGE"): 2,
    (sweep, "CUSTOMERS_PER_TURN"): 2,
}


@contextmanager
def small() -> Iterator[None]:
    """Within this, everything comes in small portions."""
    before = {(module, name): getattr(module, name) for module, name in SMALL}
    for (module, name), value in SMALL.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


@contextmanager
def counting(counted: Counter[str]) -> Iterator[None]:
    """Within this, metrics are added up instead of being printed."""

    def add(name: str, unit: object, value: float) -> None:
        counted[name] += int(value)

    collector = SimpleNamespace(add_metric=add, provider=SimpleNamespace(metric_set=None))
    before = observability.metrics
    observability.metrics = lambda: collector  # type: ignore[assignment]
    try:
        yield
    finally:
        observability.metrics = before
