"""`customer_within_distance`: addresses at most so far from a point, along the surface of the earth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Final

from segment_core.evaluator.conditions import Test, every
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.things import Choice, Things, at_least_one, key
from segment_core.facts.customer import Address
from segment_core.language import ast

_EARTH_RADIUS_KM: Final = 6371.0088
"""The mean radius; a sphere is off by at most half a percent."""

KILOMETRES: Final[Mapping[str, Decimal]] = {"distance_km": Decimal(1), "distance_mi": Decimal("1.609344")}
"""The kilometres in one unit of a parameter."""

WITHIN_DISTANCE: Final = ("coordinates", *KILOMETRES)


def _located(subject: Subject) -> list[Address]:
    addresses = subject.customer.addresses
    return [address for address in addresses if address.latitude is not None and address.longitude is not None]


LOCATED: Final = Things(_located, "addresses", {})


def compile_distance(node: ast.Matches) -> Choice:
    """The radius around a point, or any address whose place is known. Raises KeyError and TypeError for what is
    not in the table, and for a radius without its centre.
    """
    values = {parameter.name: parameter.values[0] for parameter in node.parameters}
    centre = values.pop("coordinates", None)
    if (centre is None) != (not values):
        raise KeyError("a radius and its centre belong together")
    tests = [] if centre is None else [_within(centre, value, KILOMETRES[name]) for name, value in values.items()]
    return Choice(
        things=LOCATED,
        test=every(tests),
        line_test=None,
        dates=(),
        worth=None,
        targets=(at_least_one("addresses"),),
        rows_key=key("rows", node, node.parameters),
        course_key=key("course", node, node.parameters),
    )


def _within(centre: ast.Value, radius: ast.Value, unit: Decimal) -> Test:
    if not isinstance(centre, ast.Text) or not isinstance(radius, ast.Number):
        raise TypeError("a radius is a number around coordinates")
    kilometres, away = radius.value * unit, _distance_from(*map(Decimal, centre.value.split(",")))
    return lambda address: away(address) <= kilometres


def _distance_from(latitude: Decimal, longitude: Decimal) -> Callable[[Address], Decimal]:
    """Kilometres from there, to the millimetre: what lies below that is noise of the arithmetic."""
    north, east = radians(latitude), radians(longitude)

    def away(address: Address) -> Decimal:
        there = radians(address.latitude or 0)
        across = sin((radians(address.longitude or 0) - east) / 2)
        # The haversine formula, which keeps its digits for short distances.
        half = sin((there - north) / 2) ** 2 + cos(north) * cos(there) * across**2
        return round(Decimal(2 * _EARTH_RADIUS_KM * asin(sqrt(min(1.0, half)))), 6)

    return away
