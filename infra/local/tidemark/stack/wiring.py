"""What the template wires, as plain values: tables, queues, functions, and what wakes each function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `create` holds the arguments of CreateTable."""

    name: str
    arn: str
    stream_arn: str | None
    create: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """A queue; times in seconds, sizes in bytes."""

    name: str
    arn: str
    url: str
    visibility_timeout: int
    delay: int
    maximum_size: int
    dead_letter_arn: str | None
    maximum_receives: int | None


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """A function. `retries` and `on_failure` are for asynchronous calls only."""

    id: str
    name: str
    arn: str
    code: Path
    handler: str
    timeout: int
    memory: int
    variables: Mapping[str, str]
    retries: int
    on_failure: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API. `authorizer` None: open to everyone."""

    function: str
    method: str
    path: str
    authorizer: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A JWT authorizer."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventSource:
    """What all event source mappings have in common. `id` names it in checkpoints."""

    id: str
    function: str
    source_arn: str
    batch_size: int
    partial_responses: bool
    filters: tuple[Mapping[str, Any], ...]
    place: str


@dataclass(frozen=True, slots=True)
class StreamMapping(EventSource):
    """A function that reads a table's stream; -1 for retries and age (in seconds) means without limit."""

    bisect: bool
    retries: int
    maximum_age: int
    on_failure: str | None


@dataclass(frozen=True, slots=True)
class QueueMapping(EventSource):
    """A function that reads a queue."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that time wakes."""

    id: str
    function: str
    expression: str
    input: Any
    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Events of a bus that go to queues or functions. `targets` are ARNs."""

    id: str
    bus: str
    pattern: Mapping[str, Any]
    targets: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine, with its definition."""

    name: str
    arn: str
    definition: Mapping[str, Any]


@dataclass(slots=True)
class Wiring:
    """All of it."""

    tables: list[Table] = field(default_factory=list)
    queues: list[QueueSettings] = field(default_factory=list)
    functions: list[FunctionSettings] = field(default_factory=list)
    layers: list[Path] = field(default_factory=list)
    buses: list[str] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    streams: list[StreamMapping] = field(default_factory=list)
    queue_mappings: list[QueueMapping] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    machines: list[StateMachine] = field(default_factory=list)
