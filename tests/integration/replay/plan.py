"""What one replay does and when: shops, deliveries in groups, instants at which everything is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .days import SECOND, day_start, local_date
from .history import Happening, Row, Shop, happenings
from .segments import FEW, SEGMENTS, Segment

OSLO = ZoneInfo("Europe/Oslo")
# Clocks go back at 00:01, so midnight comes twice; the offset is not a whole number of hours.
NEWFOUNDLAND = ZoneInfo("America/St_Johns")
# Clocks go forward at 00:00, so midnight is missing.
BRAZIL = ZoneInfo("America/Sao_Paulo")

# When sweeps find nobody in those small replays that have an outage. No check falls into it.
OUTAGE = (datetime(1997, 3, 2, 5, 0, tzinfo=UTC), datetime(1997, 3, 12, 5, 0, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Plan:
    """`late_at` is when the late segments are created. Point reads and explanations are per check and shop."""

    shops: tuple[Shop, ...]
    start: datetime
    end: datetime
    late_at: datetime
    checks: tuple[datetime, ...]
    segments: tuple[Segment, ...] = SEGMENTS
    threads: int = 4
    point_reads: int = 40
    explanations: int = 3
    page: int = 250


@dataclass(frozen=True, slots=True)
class Step:
    """Move the clock to `at`, then deliver, then create the late segments or compare."""

    at: datetime
    deliveries: tuple[Happening, ...] = ()
    creates_late: bool = False
    checks: bool = False


def full_plan() -> Plan:
    """All 2,357 customers in one zone, 300 in each of two others, from the end of 1996 to that of 1998."""
    return _two_years(None, 300)


def sampled_plan() -> Plan:
    """The same two years and the same instants for 240 customers in one zone and 60 in each of the others."""
    return _two_years(240, 60)


def _two_years(customers: int | None, in_others: int) -> Plan:
    shops = (
        Shop("oslo", OSLO, customers=customers, never_ordering=60),
        Shop("newfoundland", NEWFOUNDLAND, customers=in_others),
        Shop("brazil", BRAZIL, customers=in_others),
    )
    return Plan(
        shops=shops,
        start=datetime(1996, 11, 1, 12, tzinfo=UTC),
        end=datetime(1998, 12, 31, 12, tzinfo=UTC),
        late_at=datetime(1997, 1, 25, 10, 30, tzinfo=UTC),
        checks=tuple(sorted(_full_checks())),
    )


def _full_checks() -> set[datetime]:
    """Around local midnights, on days on which clocks change, and at odd times in between."""
    around = [
        # One second before, at and one after the midnight of ordinary days.
        (OSLO, date(1997, 2, 14)),
        (NEWFOUNDLAND, date(1997, 7, 2)),
        (BRAZIL, date(1997, 12, 25)),
        # Days that clocks make shorter, longer, or start late or twice.
        (OSLO, date(1997, 3, 30)),
        (NEWFOUNDLAND, date(1997, 10, 26)),
        (BRAZIL, date(1997, 10, 6)),
    ]
    checks = {day_start(zone, day) + shift for zone, day in around for shift in (-SECOND, timedelta(), SECOND)}
    checks |= {
        # After the day with 23 hours, the one with 25, and between the two midnights of one night.
        day_start(OSLO, date(1997, 3, 31)),
        day_start(OSLO, date(1997, 10, 27)),
        day_start(NEWFOUNDLAND, date(1997, 10, 26)) + timedelta(minutes=30),
        day_start(BRAZIL, date(1998, 3, 1)),
        day_start(NEWFOUNDLAND, date(1998, 4, 5)) + SECOND,
    }
    return checks | {
        datetime(1997, 1, 20, 16, 45, 12, tzinfo=UTC),
        datetime(1997, 5, 31, 23, 30, tzinfo=UTC),
        datetime(1998, 2, 28, 23, 59, 59, tzinfo=UTC),
        datetime(1998, 6, 30, 22, 0, tzinfo=UTC),
        datetime(1998, 9, 1, 3, 0, tzinfo=UTC),
        datetime(1998, 12, 31, 12, 0, tzinfo=UTC),
    }


def small_plan() -> Plan:
    """The same in little, for showing that a break is found: 40 buyers, two zones, a hundred days."""
    shops = (
        Shop("oslo", OSLO, customers=24, never_ordering=3),
        Shop("brazil", BRAZIL, customers=16, never_ordering=3),
    )
    return Plan(
        shops=shops,
        start=datetime(1996, 12, 28, 12, tzinfo=UTC),
        end=datetime(1997, 4, 12, 12, tzinfo=UTC),
        late_at=datetime(1997, 1, 28, 10, 30, tzinfo=UTC),
        checks=(
            datetime(1997, 1, 20, 16, 45, 12, tzinfo=UTC),
            # The first midnight after summer time ended in Brazil.
            day_start(BRAZIL, date(1997, 2, 17)),
            # After the outage; the day before had 23 hours in Oslo.
            day_start(OSLO, date(1997, 3, 31)),
            datetime(1997, 4, 12, 12, tzinfo=UTC),
        ),
        segments=FEW,
        point_reads=6,
        page=4,
    )


def steps(plan: Plan, table: Sequence[Row]) -> list[Step]:
    """The whole replay in order.

    A delivery is made at or after the instant it tells of, on the same local date, and before the
    next check. So whatever happens at a midnight happens by the clock alone.
    """
    zones = {shop.id: shop.zone for shop in plan.shops}
    told = sorted(
        (one for shop in plan.shops for one in happenings(shop, table) if plan.start < one.at <= plan.end),
        key=lambda one: one.at,
    )
    stops = sorted({*plan.checks, plan.late_at})
    groups = [
        Step(at, tuple(group)) for at, group in _groups(told, lambda one: _deadline(one.at, zones[one.shop], stops))
    ]
    rest = [Step(at, creates_late=at == plan.late_at, checks=at in plan.checks) for at in stops]
    # A delivery at the very instant of a check comes first: what is known then is part of the answer.
    return sorted([*groups, *rest], key=lambda step: (step.at, not step.deliveries))


def _deadline(at: datetime, zone: ZoneInfo, stops: Sequence[datetime]) -> datetime:
    """The instant before which a delivery has to be made: it may be made at a stop, not after it."""
    midnight = day_start(zone, local_date(zone, at) + timedelta(days=1))
    stop = next((stop for stop in stops if stop >= at), None)
    return midnight if stop is None else min(midnight, stop + SECOND)


def _groups(
    told: Iterable[Happening], deadline: Callable[[Happening], datetime]
) -> Iterator[tuple[datetime, list[Happening]]]:
    """Consecutive happenings that can be told at one instant, the last one's, each before its deadline."""
    group: list[Happening] = []
    closes: datetime | None = None
    for one in told:
        if closes is not None and one.at >= closes:
            yield group[-1].at, group
            group, closes = [], None
        group.append(one)
        closes = min(closes or deadline(one), deadline(one))
    if group:
        yield group[-1].at, group
