"""Logs and metrics of a function: one logger and one metrics collector per process.

Lines carry keys and ids, never what a store told us about a person. An exception is logged by its type and
the places it passed; its message only if it is ours, since others quote the values that they choked on.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from types import TracebackType
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from segment_core.errors import TidemarkError

NAMESPACE = "Tidemark"

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
Handler = Callable[[Any, Any], Any]


class _Formatter(LambdaPowertoolsFormatter):
    """JSON lines in which an exception shows where it was, not what it quotes."""

    def formatException(self, ei: ExceptionInfo) -> str:
        lines = [f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(ei[2])]
        error = ei[1]
        while error is not None:
            lines.append(f"{type(error).__name__} {_told(error)}".rstrip())
            error = error.__cause__
        return "\n".join(lines)


def _told(error: BaseException) -> str:
    """What an exception may say in a log."""
    if isinstance(error, TidemarkError):
        return f"{error.code}: {error.message}"
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return ""


def _service() -> str:
    # The template names every function; the product's name is for code that runs outside of them.
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "tidemark")


@cache
def logger() -> Logger:
    """The process's logger: JSON lines. Give keys and ids as `extra`."""
    # Powertools' structured stack trace would hold the exception's message and source lines.
    return Logger(service=_service(), logger_formatter=_Formatter(serialize_stacktrace=False))


@cache
def metrics() -> Metrics:
    """The process's metrics; `observed` writes them to the log, in embedded metric format, after each invocation."""
    # The template gives each stack a namespace of its own: what one of them counts must not calm another's alarm.
    return Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE), service=_service())


def count(name: str, number: int = 1) -> None:
    """Add to a counting metric of this invocation.

    There are no dimensions but the service: each value of a dimension is a metric of its own, so a shop,
    a topic or a segment never is one.
    """
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=number)


def waited(name: str, time: timedelta) -> None:
    """Tell for how long something has waited, in seconds. Told more than once, the longest is what alarms go by."""
    metrics().add_metric(name=name, unit=MetricUnit.Seconds, value=time.total_seconds())


def observed(correlation_id_path: str | None = None) -> Callable[[Handler], Handler]:
    """Decorator of every Lambda handler: its log lines carry the request's ids, its metrics are written at the end.

    `correlation_id_path` is the place of the event's own id, one of powertools' `correlation_paths`.
    The event is never logged, whatever the environment says: it holds facts about people.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def measured(event: Any, context: Any) -> Any:
            try:
                return handler(event, context)
            finally:
                # Powertools warns about an empty set, and most invocations have nothing to count.
                if metrics().provider.metric_set:
                    metrics().flush_metrics()

        inject: Any = logger().inject_lambda_context
        with_context: Handler = inject(
            measured, log_event=False, correlation_id_path=correlation_id_path, clear_state=True
        )
        return with_context

    return decorate
