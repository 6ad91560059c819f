"""The environment of each function as a validated model, read once.

A function sees only the names its model lists; `template.yaml` must set exactly those (a test compares).
"""

from __future__ import annotations

import os
from functools import cache
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, PositiveInt


class Environment(BaseModel):
    """Fields are environment variables, upper-cased. A missing one stops the function at its first event."""

    # A function needs one of these models, so that making all of them ready while they are imported would be in vain.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class WebhookEnvironment(Environment):
    """`webhook`: looks up the shop and its secrets, queues the body."""

    segments_table: str
    ingest_queue_url: str
    secrets_prefix: str


class IngestEnvironment(Environment):
    """`ingest`: merges facts of shops that are there, takes in demands; parks what cannot be understood."""

    customers_table: str
    segments_table: str
    ingest_dead_letter_queue_url: str


class EvaluateEnvironment(Environment):
    """`evaluate`: evaluates customers, writes exports, erases shops."""

    customers_table: str
    memberships_table: str
    members_table: str
    segments_table: str
    work_queue_url: str
    secrets_prefix: str
    exports_bucket: str


class BuildEnvironment(Environment):
    """`build`: takes changes of definitions to all customers; so many workers, each at most so many a second."""

    customers_table: str
    memberships_table: str
    members_table: str
    segments_table: str
    build_workers: PositiveInt
    build_customers_a_second: PositiveInt


class SweepEnvironment(Environment):
    """`sweep`: puts due customers on the work queue, and starts builds that nobody goes on with."""

    memberships_table: str
    segments_table: str
    work_queue_url: str
    build_machine_arn: str


class ProjectEnvironment(Environment):
    """`project`: member lists, counts, history (kept for that many days), events; parks what fails, ends copies."""

    memberships_table: str
    members_table: str
    history_table: str
    segments_table: str
    event_bus_name: str
    history_days: PositiveInt
    project_retry_queue_url: str
    work_queue_url: str


class AuditEnvironment(Environment):
    """`audit`: evaluates so many customers of each shop anew, and repairs what is wrong if it is told to."""

    customers_table: str
    memberships_table: str
    segments_table: str
    audit_customers: PositiveInt
    audit_repairs: Literal["yes", "no"]


class ApiEnvironment(Environment):
    """`api`: definitions (at most that many for a shop, and so many builds at once), reads (so many previews a minute),
    shops, imports, exports.
    """

    customers_table: str
    memberships_table: str
    members_table: str
    history_table: str
    segments_table: str
    build_machine_arn: str
    work_queue_url: str
    ingest_queue_url: str
    secrets_prefix: str
    cursor_key: str
    exports_bucket: str
    history_days: PositiveInt
    definitions_per_shop: PositiveInt
    builds_per_shop: PositiveInt
    previews_per_minute: PositiveInt


AnyEnvironment = TypeVar("AnyEnvironment", bound=Environment)


@cache
def environment(model: type[AnyEnvironment]) -> AnyEnvironment:
    """The process's environment as that model. Tests clear the cache after changing it."""
    return model.model_validate({name: os.environ.get(name.upper()) for name in model.model_fields})
