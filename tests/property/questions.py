"""Random queries about a scene: for dates at which its facts lie, for values that its facts have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from segment_core.language import ast

from .draws import number, pick, rarely, several
from .scenes import AMOUNTS, EVENTS, POINTS, PRODUCTS, SEGMENTS, USUAL_EVENTS, Scene

DATE_ATTRIBUTES = (
    "last_order_date",
    "last_order_date",
    "first_order_date",
    "customer_added_date",
    "abandoned_checkout_date",
)
TEXT_ATTRIBUTES = {
    "customer_email_domain": ("example.com", "example.org"),
    "customer_language": ("en", "en-US", "nb"),
    "customer_account_status": ("ENABLED", "DISABLED"),
    "created_by_app_id": ("1", "2"),
    "email_subscription_status": ("SUBSCRIBED", "PENDING"),
    "sms_subscription_status": ("SUBSCRIBED", "PENDING"),
    "product_subscription_status": ("SUBSCRIBED", "PAUSED"),
    "rfm_group": ("LOYAL", "NEW"),
    "predicted_spend_tier": ("HIGH", "LOW"),
}
LIST_ATTRIBUTES = {
    "customer_tags": ("vip", "sale", "new", "gr\u00f6\u00dfe", "CAF\u00c9", "cafe\u0301"),
    "customer_countries": ("US", "SG"),
    "customer_regions": ("US-NY", "NO-03", "NY"),
    "customer_cities": ("US-NY-NewYorkCity", "SG-Singapore", "NO-03-Oslo"),
    "companies": ("55", "56"),
}
AGGREGATES = ("count", "sum_amount", "sum_quantity", "distinct_products")
MEASURES = {
    "average_order_value": ("0", "10", "30.495", "50", "100"),
    "average_days_between_orders": ("0", "0.5", "3", "30", "61.5", "90"),
    "days_overdue": ("-30", "-1.5", "0", "0", "0.5", "3", "7", "60", "90.25"),
}
COMPARISONS: Sequence[ast.ComparisonOperator] = ("=", "!=", ">", ">=", "<", "<=")
ORDERED: Sequence[ast.ParameterOperator] = (*COMPARISONS, "BETWEEN")
IDS: Sequence[ast.ParameterOperator] = ("=", "!=", "IN", "NOT IN")
SAME: Sequence[ast.ParameterOperator] = (*IDS, "STARTS WITH", "NOT STARTS WITH")
OFFSETS: Sequence[tuple[ast.OffsetUnit, int]] = (("d", 8), ("d", 95), ("w", 6), ("m", 13), ("y", 1))

Parameters = dict[str, tuple[Sequence[ast.ParameterOperator], Sequence[ast.Value] | None]]
PARAMETERS: dict[str, Parameters] = {
    # Each with its operators and values; dates are made for the scene.
    "orders_placed": {
        "date": (ORDERED, None),
        "amount": (ORDERED, [ast.Number(amount) for amount in AMOUNTS]),
        "location_id": (IDS, [ast.Text("7"), ast.Text("8")]),
        "app_id": (IDS, [ast.Text("1"), ast.Text("2")]),
        "channel": (SAME, [ast.Text("web"), ast.Text("pos")]),
        "currency": (IDS, [ast.Text("USD"), ast.Text("EUR")]),
        "discount_code": (SAME, [ast.Text("WELCOME10"), ast.Text("wel"), ast.Text("SUMMER")]),
        "tag": (SAME, [ast.Text("sale"), ast.Text("VIP"), ast.Text("s")]),
        "count": (ORDERED, [ast.Number(Decimal(count)) for count in range(5)]),
        "sum_amount": (ORDERED, [ast.Number(amount) for amount in (*AMOUNTS, Decimal("60.99"), Decimal("150"))]),
    },
    "products_purchased": {
        "date": (ORDERED, None),
        "id": (IDS, [ast.Text(product) for product in PRODUCTS]),
        "tag": (SAME, [ast.Text("sale"), ast.Text("VIP"), ast.Text("s")]),
        "category": (SAME, [ast.Text("aa-1"), ast.Text("aa-2"), ast.Text("aa")]),
        "variant_id": (IDS, [ast.Text("21"), ast.Text("22")]),
        "sku": (SAME, [ast.Text("S-1"), ast.Text("S-")]),
        "vendor": (SAME, [ast.Text("V"), ast.Text("W")]),
        "product_type": (SAME, [ast.Text("T"), ast.Text("t")]),
        "quantity": (ORDERED, [ast.Number(Decimal(units)) for units in range(4)]),
        "count": (ORDERED, [ast.Number(Decimal(count)) for count in range(4)]),
        "sum_quantity": (ORDERED, [ast.Number(Decimal(units)) for units in range(7)]),
        "distinct_products": (ORDERED, [ast.Number(Decimal(count)) for count in range(4)]),
    },
}
PARAMETERS["orders_refunded"] = {
    name: PARAMETERS["orders_placed"][name] for name in ("date", "amount", "sum_amount", "count")
}
OF_EVENTS: Parameters = {"date": (ORDERED, None), "count": (ORDERED, [ast.Number(Decimal(n)) for n in range(4)])}
_OF_EMAILS: Parameters = {"activity_id": (IDS, [ast.Text("98"), ast.Text("99")]), **OF_EVENTS}
_OF_VIEWS: Parameters = {
    "id": (IDS, [ast.Text(product) for product in PRODUCTS]),
    "tag": (SAME, [ast.Text("sale"), ast.Text("VIP")]),
    **OF_EVENTS,
}
EVENT_PARAMETERS = {name: _OF_EMAILS if name.startswith("shopify_email") else _OF_VIEWS for name in EVENTS}
PROPERTY_VALUES: dict[str, Sequence[ast.Value]] = {
    "activity_id": (ast.Text("99"), ast.Number(Decimal(99)), ast.Truth(True)),
    "score": (ast.Number(Decimal("7.5")), ast.Number(Decimal(5)), ast.Text("gold"), ast.Truth(False), ast.Text("2024")),
    "tag": (ast.Text("sale"), ast.Text("VI"), ast.Number(Decimal(7))),
    "properties.count": (ast.Number(Decimal(5)), ast.Text("many")),
    "properties.date": (ast.Text("today"), ast.Day(date(2024, 2, 29)), ast.Number(Decimal("7.5"))),
}
CREDIT_PARAMETERS: Parameters = {
    "balance": (ORDERED, [ast.Number(amount) for amount in AMOUNTS]),
    "currency": (IDS, [ast.Text("USD"), ast.Text("EUR")]),
    "next_expiry_date": (ORDERED, None),
    "last_credit_date": (ORDERED, None),
}
KINDS = ("matches", "matches", "matches", "date", "date", "between", "in", "number", "text", "list", "null", "rest")
QUOTED = ("2024-02-29", "1996-02-29", "2024-03-01T00:00:00", "2026-03-31T05:00:00", "someday")
DISTANCES = ("0", "1", "1.2", "2", "150", "20015")
METAFIELDS = ("facts.birth_date", "custom.renewal", "custom.points", "custom.size", "custom.vip", "custom.sizes")
ELEMENTS: Sequence[ast.Value] = (ast.Text("XL"), ast.Text("2"), ast.Number(Decimal(2)))
METAFIELD_VALUES: dict[str, Sequence[ast.Value]] = {
    "custom.points": [*(ast.Number(Decimal(n)) for n in (0, 2, 3)), ast.Number(Decimal("10.99")), ast.Text("2")],
    "custom.size": [ast.Text("XL"), ast.Text(""), ast.Text("2024-02-29"), ast.Truth(True)],
    "custom.vip": [*map(ast.Truth, (True, False)), ast.Text("true"), *map(ast.Number, (Decimal(1), Decimal(0)))],
}


def date_expression(draw: st.DrawFn, today: date) -> ast.DateExpression:
    """An expression that means a date around which facts of the scene lie."""
    kind = number(draw, 0, 7)
    if kind == 0:
        return ast.Day(today + timedelta(days=number(draw, -40, 25)))
    if kind == 1:
        second = pick(draw, (0, 1, 60, 3599, 3600, 7200, 86_399))
        return ast.Moment(datetime(today.year, today.month, today.day) + timedelta(number(draw, -5, 5), second))
    if kind == 2:
        return pick(draw, (ast.Named("today"), ast.Named("yesterday")))
    unit, most = pick(draw, OFFSETS)
    return ast.Offset(number(draw, -most, 3), unit)


def parameter(draw: st.DrawFn, today: date, known: Parameters, name: str) -> ast.Parameter:
    """A parameter of a function with any of its operators."""
    operators, values = known[name]
    operator = pick(draw, operators)
    count = {"BETWEEN": 2, "IN": number(draw, 1, 2), "NOT IN": number(draw, 1, 2)}.get(operator, 1)
    return ast.Parameter(
        name,
        operator,
        tuple(pick(draw, values) if values else date_expression(draw, today) for _ in range(count)),
    )


def compared(draw: st.DrawFn, today: date, aggregate: ast.Parameter) -> ast.Parameter:
    """The total compared with the same one over another window."""
    window = parameter(draw, today, PARAMETERS["orders_placed"], "date")
    factor = pick(draw, (None, None, ast.Number(Decimal("1.5")), ast.Number(Decimal("0.5"))))
    return ast.Parameter(aggregate.name, pick(draw, COMPARISONS), (ast.Total(aggregate.name, window, factor),))


def matches(draw: st.DrawFn, today: date, function: str, known: Parameters) -> ast.Matches:
    """A MATCHES, with a date more often than not."""
    dates = tuple(name for name in known if known[name][1] is None)
    names = {pick(draw, dates)} if number(draw, 0, 2) else set()
    names.update(several(draw, 2, lambda: pick(draw, tuple(known))))
    if number(draw, 0, 3) == 3:
        names.update(set(known) & {pick(draw, ("count", "count", "sum_amount", "sum_quantity", "distinct_products"))})
    parameters = tuple(parameter(draw, today, known, name) for name in known if name in names)
    if any(one.name in AGGREGATES for one in parameters) and number(draw, 0, 3) == 3:
        parameters = tuple(compared(draw, today, one) if one.name in AGGREGATES else one for one in parameters)
    return ast.Matches(function, parameters, rarely(draw))


def named_event(draw: st.DrawFn, today: date) -> ast.Matches:
    """An event by its name, with properties of any type."""
    dated = matches(draw, today, "event", OF_EVENTS)
    properties = []
    for name, values in PROPERTY_VALUES.items():
        if rarely(draw) or rarely(draw) or (name == "score" and rarely(draw)):
            value = pick(draw, (*values, date_expression(draw, today))) if name == "score" else pick(draw, values)
            properties.append(property_compared(draw, name, value))
    rows = [one for one in dated.parameters if one.name == "date"]
    totals = [one for one in dated.parameters if one.name == "count"]
    name = pick(draw, EVENTS if rarely(draw) else USUAL_EVENTS)
    return ast.Matches("event", (*rows, *properties, *totals), dated.negated, event=name)


def property_compared(draw: st.DrawFn, name: str, value: ast.Value) -> ast.Parameter:
    """A property, in any way that its value can be compared."""
    operators: Sequence[ast.ParameterOperator] = SAME
    if isinstance(value, ast.Truth):
        operators = ("=", "!=")
    elif not isinstance(value, ast.Text):
        operators = ORDERED
    operator = pick(draw, operators)
    return ast.Parameter(name, operator, (value, value) if operator == "BETWEEN" else (value,))


def distance(draw: st.DrawFn) -> ast.Matches:
    """A circle around a point near which addresses lie, or any place at all."""
    if rarely(draw):
        return ast.Matches("customer_within_distance", (), rarely(draw))
    latitude, longitude = pick(draw, POINTS)
    centre = ast.Parameter("coordinates", "=", (ast.Text(f"{latitude},{longitude}"),))
    radius = ast.Number(Decimal(pick(draw, DISTANCES)))
    unit = pick(draw, ("distance_km", "distance_mi"))
    return ast.Matches("customer_within_distance", (centre, ast.Parameter(unit, "=", (radius,))), rarely(draw))


def anniversary(draw: st.DrawFn, today: date) -> ast.Anniversary:
    """A date without its year."""
    dates = ("metafields.facts.birth_date", "metafields.facts.birth_date", "metafields.custom.renewal")
    name = pick(draw, (*dates, "first_order_date", "customer_added_date", "metafields.custom.size"))
    operator: ast.AnniversaryOperator = "BETWEEN" if rarely(draw) or rarely(draw) else pick(draw, COMPARISONS)
    days = tuple(any_day(draw, today) for _ in range(2 if operator == "BETWEEN" else 1))
    return ast.Anniversary(name, operator, days)


def any_day(draw: st.DrawFn, today: date) -> ast.DayExpression:
    """A day, at times far from today or a last of February."""
    if rarely(draw):
        return ast.Day(pick(draw, (date(2024, 2, 29), date(2023, 2, 28), date(2100, 2, 28), date(1996, 12, 31))))
    if rarely(draw):
        return pick(draw, (ast.Offset(-1, "y"), ast.Offset(-364, "d"), ast.Offset(11, "m"), ast.Offset(+366, "d")))
    expression = date_expression(draw, today)
    return ast.Named("today") if isinstance(expression, ast.Moment) else expression


def metafield(draw: st.DrawFn, today: date) -> ast.Clause:
    """A metafield compared with a value that it may have, or with one of another kind."""
    key = pick(draw, METAFIELDS)
    name = f"metafields.{key}"
    if rarely(draw):
        return ast.IsNull(name, rarely(draw))
    if rarely(draw):
        return ast.StartsWith(name, pick(draw, (ast.Text(""), ast.Text("X"), ast.Text("2024"))), rarely(draw))
    if rarely(draw) and key in METAFIELD_VALUES:
        return ast.In(name, (pick(draw, METAFIELD_VALUES[key]),), rarely(draw))
    if rarely(draw):
        dates = tuple(date_expression(draw, today) for _ in range(2))
        return ast.In(name, pick(draw, ((ELEMENTS[0],), (ELEMENTS[2],), dates)), rarely(draw))
    if key == "custom.sizes":
        return ast.Contains(name, pick(draw, ELEMENTS), rarely(draw))
    if key not in METAFIELD_VALUES and rarely(draw):
        # Dates in quotes are texts to the parser, and dates to a metafield that is one.
        written = tuple(ast.Text(pick(draw, QUOTED)) for _ in range(number(draw, 1, 2)))
        if rarely(draw):
            return ast.In(name, written, rarely(draw))
        return ast.Comparison(name, pick(draw, COMPARISONS[:2]), written[0])
    if key not in METAFIELD_VALUES:
        if rarely(draw):
            return ast.Between(name, date_expression(draw, today), date_expression(draw, today))
        return ast.Comparison(name, pick(draw, COMPARISONS), date_expression(draw, today))
    value = pick(draw, METAFIELD_VALUES[key])
    operator = pick(draw, COMPARISONS if isinstance(value, ast.Number) else COMPARISONS[:2])
    return ast.Comparison(name, operator, value)


def fitting(draw: st.DrawFn, scene: Scene) -> ast.Clause | None:
    """A clause on those facts of the customer that few have; None if there are none of them."""
    customer, today = scene.customer, scene.today
    if customer.metafields:
        return anniversary(draw, today) if number(draw, 0, 1) else metafield(draw, today)
    if customer.events and number(draw, 0, 1):
        return named_event(draw, today)
    if customer.events:
        function = pick(draw, EVENTS if rarely(draw) else USUAL_EVENTS)
        return matches(draw, today, function, EVENT_PARAMETERS[function])
    if customer.store_credit_accounts:
        return matches(draw, today, "store_credit_accounts", CREDIT_PARAMETERS)
    if any(address.latitude for address in customer.addresses):
        return distance(draw)
    return None


def clause(draw: st.DrawFn, scene: Scene) -> ast.Clause:
    """Any single clause, with dates around today."""
    today = scene.today
    fit = fitting(draw, scene) if number(draw, 0, 3) else None
    return fit or common(draw, today)


def common(draw: st.DrawFn, today: date) -> ast.Clause:
    """A clause on what most customers have."""
    match pick(draw, KINDS):
        case "matches":
            function = pick(draw, tuple(PARAMETERS))
            return matches(draw, today, function, PARAMETERS[function])
        case "date":
            return ast.Comparison(pick(draw, DATE_ATTRIBUTES), pick(draw, COMPARISONS), date_expression(draw, today))
        case "between":
            return ast.Between(pick(draw, DATE_ATTRIBUTES), date_expression(draw, today), date_expression(draw, today))
        case "number":
            count = ast.Comparison("number_of_orders", pick(draw, COMPARISONS), ast.Number(Decimal(number(draw, 0, 4))))
            low, high = ast.Number(pick(draw, AMOUNTS)), ast.Number(pick(draw, AMOUNTS))
            spent = ast.Comparison("amount_spent", pick(draw, COMPARISONS), low)
            numbers: Sequence[ast.Clause] = (
                count,
                spent,
                ast.Between("amount_spent", low, high),
                measured(draw),
                measured(draw),
            )
            return pick(draw, numbers)
        case "text":
            if rarely(draw):
                return starting(draw)
            name = pick(draw, tuple(TEXT_ATTRIBUTES))
            return ast.Comparison(name, pick(draw, ("=", "!=")), ast.Text(pick(draw, TEXT_ATTRIBUTES[name])))
        case "in":
            return one_of(draw, today)
        case "list":
            name = pick(draw, tuple(LIST_ATTRIBUTES))
            return ast.Contains(name, ast.Text(pick(draw, LIST_ATTRIBUTES[name])), rarely(draw))
        case "rest":
            segment = ast.InSegment(pick(draw, (*SEGMENTS, "staff")))
            anything: Sequence[ast.Clause] = (anniversary(draw, today), metafield(draw, today), distance(draw), segment)
            return pick(draw, anything)
        case _:
            return ast.IsNull(pick(draw, (*DATE_ATTRIBUTES, *LIST_ATTRIBUTES, "customer_email_domain")), rarely(draw))


def measured(draw: st.DrawFn) -> ast.Clause:
    """An average, or what comes of it."""
    name, values = pick(draw, tuple(MEASURES.items()))
    if rarely(draw):
        return ast.IsNull(name, rarely(draw))
    one, other = ast.Number(Decimal(pick(draw, values))), ast.Number(Decimal(pick(draw, values)))
    operator = pick(draw, (*ORDERED, *ORDERED, "IN", "NOT IN"))
    if operator == "BETWEEN":
        return ast.Between(name, one, other)
    if operator in ("IN", "NOT IN"):
        return ast.In(name, (one, other), operator == "NOT IN")
    return ast.Comparison(name, operator, one)  # type: ignore[arg-type]


def one_of(draw: st.DrawFn, today: date) -> ast.In:
    """An attribute that is to be one of several values."""
    values: Sequence[ast.Value]
    match number(draw, 0, 3):
        case 0:
            name, values = pick(draw, DATE_ATTRIBUTES), [date_expression(draw, today) for _ in range(3)]
        case 1:
            name, texts = pick(draw, tuple({**TEXT_ATTRIBUTES, **LIST_ATTRIBUTES}.items()))
            values = [ast.Text(text) for text in texts]
        case 2:
            name, values = "number_of_orders", [ast.Number(Decimal(count)) for count in range(4)]
        case _:
            name, values = "amount_spent", [ast.Number(amount) for amount in AMOUNTS]
    return ast.In(name, tuple(pick(draw, values) for _ in range(number(draw, 1, 2))), rarely(draw))


def starting(draw: st.DrawFn) -> ast.StartsWith:
    """A text that is to start in some way."""
    name = pick(draw, ("customer_email_domain", "customer_language", "customer_tags", "customer_tags"))
    return ast.StartsWith(
        name,
        ast.Text(pick(draw, ("", "e", "en-", "example.c", "s", "VI", "sale", "gr\u00f6ss", "CAFE\u0301"))),
        rarely(draw),
    )


def query(draw: st.DrawFn, scene: Scene, depth: int = 2) -> ast.Query:
    """A clause, or clauses under AND, OR and NOT."""
    kind = number(draw, 0, 5) if depth else 0
    if kind <= 1:
        return clause(draw, scene)
    if kind == 5:
        return ast.Not(query(draw, scene, depth - 1))
    children = tuple(query(draw, scene, depth - 1) for _ in range(number(draw, 2, 3)))
    return ast.And(children) if kind <= 3 else ast.Or(children)


@st.composite
def clauses(draw: st.DrawFn, scene: Scene) -> ast.Clause:
    """Any single clause about the scene."""
    return clause(draw, scene)


@st.composite
def queries(draw: st.DrawFn, scene: Scene) -> ast.Query:
    """Any query about the scene."""
    return query(draw, scene)
