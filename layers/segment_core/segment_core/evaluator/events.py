"""`MATCHES` over events: those that the store tells of, and any others by their name and properties."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

from segment_core.evaluator.subject import Subject
from segment_core.evaluator.things import (
    Choice,
    Elements,
    Listed,
    OfTotals,
    Source,
    Things,
    Value,
    When,
    compile_things,
)
from segment_core.facts import readings
from segment_core.facts.customer import Event
from segment_core.language import ast
from segment_core.language.spelling import composed
from segment_core.language.vocabulary.properties import key_of


def emails(event: str) -> Things:
    """What happened to e-mails; `event` is its type."""
    sources = {"activity_id": Value(_property("activity_id")), **OF_EVENTS}
    return _things(event, sources)


def views(event: str) -> Things:
    """What was looked at; `event` is its type."""
    sources = {"id": Value(_property("id")), "tag": Elements(_tags), **OF_EVENTS}
    return _things(event, sources)


def _things(event: str, sources: Mapping[str, Source]) -> Things:
    return Things(_events(event), "events", sources, start=_happened)


def _events(type_: str) -> Callable[[Subject], Iterable[Event]]:
    return lambda subject: [event for event in subject.customer.events if composed(event.type) == type_]


def _happened(event: Event) -> datetime:
    return event.at


def _property(name: str) -> Callable[[Event], str | None]:
    """An id among the properties, which stores write as text or as a number."""

    def read(event: Event) -> str | None:
        value = event.properties.get(name)
        # A bool is an int in Python, but no id.
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None

    return read


def _tags(event: Event) -> Collection[str]:
    tags = event.properties.get("tag")
    if isinstance(tags, str):
        return (tags,)
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list | tuple) else ()


OF_EVENTS: Final[Mapping[str, Source]] = {"date": When(_happened), "count": OfTotals(attrgetter("orders"), "events")}

_READ: Final[Mapping[type[ast.Value], Callable[[object], Any]]] = {
    ast.Text: readings.text,
    ast.Number: readings.number,
    ast.Truth: readings.truth,
}
"""What a property is read as, by the value that it is compared with."""


def compile_event(node: ast.Matches) -> Choice:
    """The parameters of `event('name') MATCHES (...)`, ready to be asked. Raises as `compile_things` does."""
    properties = {one.name: _any_property(one) for one in node.parameters if one.name not in OF_EVENTS}
    return compile_things(_things(composed(node.event), {**OF_EVENTS, **properties}), node)


def _any_property(parameter: ast.Parameter) -> Source:
    """A property as it is compared; of a list, every element is looked at."""
    key, kind = key_of(parameter.name), type(parameter.values[0])
    if kind not in _READ:
        return When(lambda event: _day_or_instant(_told(event, key)))
    read = _READ[kind]

    def elements(event: Event) -> Collection[Any]:
        value = _told(event, key)
        found = map(read, value) if isinstance(value, list | tuple) else (read(value),)
        return [element for element in found if element is not None]

    return Listed(elements)


def _told(event: Event, key: str) -> object:
    """The value of a property, however its name is composed; None if there is none."""
    properties = event.properties
    if key.isascii() or key in properties:
        return properties.get(key)
    return next((properties[name] for name in properties if composed(name) == key), None)


def _day_or_instant(value: object) -> date | datetime | None:
    return readings.day(value) or readings.instant(value)
