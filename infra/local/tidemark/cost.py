"""What a month on AWS costs: counted capacity units, times list prices.

Units are those that `make bench ARGS=units` counts on DynamoDB Local over two years of real orders; docs/cost.md has
the formula. Calls are counted too, but how long they take on Lambda is an assumption, and is said to be one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

PRICES_OF = "us-east-1 list prices, November 2026, without free tiers"

# Dollars for a million, unless said.
WRITE_UNITS = Decimal("0.625")
READ_UNITS = Decimal("0.125")
HTTP_REQUESTS = Decimal("1.00")
LAMBDA_REQUESTS = Decimal("0.20")
LAMBDA_GB_SECOND = Decimal("0.0000133334")
# A fair queue costs a tenth of a dollar more than a standard one.
QUEUE_REQUESTS = Decimal("0.50")
BUS_EVENTS = Decimal("1.00")
SCHEDULER_CALLS = Decimal("1.00")
LOG_GB = Decimal("0.50")
STORAGE_GB_MONTH = Decimal("0.25")
RECOVERY_GB_MONTH = Decimal("0.20")
ALARM_A_MONTH = Decimal("0.10")

# As the template has them.
ALARMS = 26
FUNCTION_QUEUES = 3

MINUTES_A_MONTH = 30 * 24 * 60
MEMORY_GB = Decimal("0.5")
# Assumed: of one call of DynamoDB with its client's own work, and of everything else in an invocation.
SECONDS_A_CALL = Decimal("0.006")
SECONDS_AN_INVOCATION = Decimal("0.010")
# Assumed: what an invocation writes into its log, and what a customer's facts and membership take.
LOG_BYTES = 900
CUSTOMER_BYTES = 4_000
# Assumed: what the entry of a flip in the history takes with the one in its index; entries are kept for 400 days.
FLIP_BYTES = 600
HISTORY_MONTHS = Decimal(400) / 30
# Assumed: pollers of a queue that is quiet, each of which asks every twenty seconds.
POLLERS, POLLS_A_MINUTE = 5, 3

_POLLS = FUNCTION_QUEUES * POLLERS * POLLS_A_MINUTE * MINUTES_A_MONTH
_MILLION = Decimal(1_000_000)
_GB = Decimal(1024**3)


@dataclass(frozen=True, slots=True)
class Work:
    """What one of something takes, as counted: write and read units, and calls of DynamoDB."""

    writes: Decimal
    reads: Decimal
    calls: Decimal


# An order that moves nobody, and what each flip comes to besides.
EVENT = Work(Decimal("9.29"), Decimal("8.83"), Decimal("10.0"))
FLIP_BY_FACT = Work(Decimal("7.01"), Decimal("1.72"), Decimal("2.2"))
FLIP_BY_CLOCK = Work(Decimal("8.15"), Decimal("5.59"), Decimal("8.6"))
# A minute in which nothing happens: three queries for all shops, and so many for each. An empty one takes half a unit,
# which DynamoDB Local does not tell.
IDLE_QUERIES, IDLE_QUERIES_A_SHOP = 3, 2
EMPTY_QUERY = Decimal("0.5")

# Flips for each order and segment in those two years, where every segment looks at time or spending.
FACT_FLIPS = Decimal("0.102")
CLOCK_FLIPS = Decimal("0.183")

# Up to here a membership fits into one unit; each further one holds the bits of so many segments.
_SEGMENTS_IN_FIRST_UNIT = 4_000
_SEGMENTS_A_UNIT = 8_192


@dataclass(frozen=True, slots=True)
class Month:
    """What happens in a month. Flips are of one customer and one segment."""

    events: int
    segments: int
    customers: int
    shops: int
    fact_flips: Decimal
    clock_flips: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: `quantity` units, each `price` dollars, shown with so many `places`."""

    what: str
    quantity: Decimal
    price: Decimal
    places: int = 0

    @property
    def dollars(self) -> Decimal:
        """What the line comes to."""
        return self.quantity * self.price


def month(
    events: int,
    segments: int,
    customers: int | None = None,
    shops: int = 1,
    flips_per_event: Decimal | None = None,
) -> Month:
    """A month with so many events. Unless told, a customer has two of them, and flips are as frequent as counted."""
    flips = segments * (FACT_FLIPS + CLOCK_FLIPS) if flips_per_event is None else flips_per_event
    by_fact = flips * FACT_FLIPS / (FACT_FLIPS + CLOCK_FLIPS) * events
    whole = events // 2 if customers is None else customers
    return Month(events, segments, whole, shops, by_fact, flips * events - by_fact)


def bill(of: Month) -> list[Line]:
    """The month's lines, the estimated ones said to be so."""
    return [*_counted(of), *_estimated(of)]


def _counted(of: Month) -> Iterator[Line]:
    flips = of.fact_flips + of.clock_flips
    more = _more_units(of.segments)
    writes = of.events * (EVENT.writes + more)
    writes += of.fact_flips * FLIP_BY_FACT.writes + of.clock_flips * (FLIP_BY_CLOCK.writes + more)
    reads = of.events * EVENT.reads + of.fact_flips * FLIP_BY_FACT.reads + of.clock_flips * FLIP_BY_CLOCK.reads
    idle = EMPTY_QUERY * _idle_queries(of)
    yield Line("write units", writes, WRITE_UNITS / _MILLION)
    yield Line("read units", reads, READ_UNITS / _MILLION)
    yield Line("read units of idle minutes", idle, READ_UNITS / _MILLION)
    yield Line("webhooks over the HTTP API", Decimal(of.events), HTTP_REQUESTS / _MILLION)
    # Sent, received and deleted, each by itself: a quiet queue has no batches.
    yield Line("requests of the queues", 3 * of.events + 3 * of.clock_flips, QUEUE_REQUESTS / _MILLION)
    yield Line("polls of quiet queues", Decimal(_POLLS), QUEUE_REQUESTS / _MILLION)
    yield Line("enter and leave events", flips, BUS_EVENTS / _MILLION)
    yield Line("minutes of the sweep", Decimal(MINUTES_A_MONTH), SCHEDULER_CALLS / _MILLION)
    yield Line("alarms", Decimal(ALARMS), ALARM_A_MONTH)


def _estimated(of: Month) -> Iterator[Line]:
    # webhook, ingest, evaluate and project for each event; evaluate and project for each flip by the clock.
    invocations = 4 * of.events + 2 * of.clock_flips + MINUTES_A_MONTH
    calls = of.events * EVENT.calls + of.fact_flips * FLIP_BY_FACT.calls + of.clock_flips * FLIP_BY_CLOCK.calls
    calls += _idle_queries(of)
    seconds = calls * SECONDS_A_CALL + invocations * SECONDS_AN_INVOCATION
    yield Line("invocations, at most", invocations, LAMBDA_REQUESTS / _MILLION)
    yield Line("GB-seconds, assumed", seconds * MEMORY_GB, LAMBDA_GB_SECOND)
    yield Line("GB of logs, assumed", invocations * LOG_BYTES / _GB, LOG_GB, places=2)
    history = (of.fact_flips + of.clock_flips) * HISTORY_MONTHS * FLIP_BYTES
    stored = (of.customers * CUSTOMER_BYTES + history) / _GB
    yield Line("GB stored, assumed", stored, STORAGE_GB_MONTH, places=2)
    yield Line("GB that can be recovered", stored, RECOVERY_GB_MONTH, places=2)


def _idle_queries(of: Month) -> int:
    return MINUTES_A_MONTH * (IDLE_QUERIES + IDLE_QUERIES_A_SHOP * of.shops)


def _more_units(segments: int) -> Decimal:
    """Units that a membership's write takes beyond its first."""
    beyond = Decimal(max(0, segments - _SEGMENTS_IN_FIRST_UNIT)) / _SEGMENTS_A_UNIT
    return beyond.to_integral_value(rounding=ROUND_CEILING)
