"""One written value to one typed value, by the domain that its filter asks for.

What a bare literal means depends on where it stands: `123` is an id for one filter and a number for
another, and a date may be in quotes. So values are read here, not by the lexer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from segment_core.language.ast import Day, Moment, Number, Offset, Span, Text, Truth, Value
from segment_core.language.dates import read_date, read_day
from segment_core.language.lexer import Token
from segment_core.language.limits import Limits
from segment_core.language.printer import quoted
from segment_core.language.problems import Report, shown
from segment_core.language.reader import Reader
from segment_core.language.spelling import composed
from segment_core.language.suggestions import INVENTED_VALUES
from segment_core.language.vocabulary import Domain, ValueType
from segment_core.nearest import nearest

_INT64 = 2**63
_UINT64 = 2**64
# Sums of such numbers stay exact in a Decimal of 28 digits and in the store's 38.
_LARGEST_NUMBER = Decimal(10) ** 18
_MOST_DECIMALS = 9

_DIGITS = r"[0-9]+"
_INTEGER = r"-?[0-9]+"
_NUMBER = r"-?[0-9]+(?:\.([0-9]+))?"
# Nine decimals are less than a millimetre.
_DEGREES = r"-?[0-9]{1,3}(?:\.[0-9]{1,9})?"
_LONG_DEGREES = r"-?[0-9]{1,3}(?:\.[0-9]{1,20})?"


def read(token: Token, domain: Domain, subject: str, report: Report) -> Value | None:
    """The value of `token` in `domain`; None if it is none, which is then in the report."""
    return _READERS[domain.type](token, Reader(subject, domain, report))


def written_number(token: Token) -> bool:
    """Whether the token is a number, in quotes or not."""
    return re.fullmatch(_NUMBER, token.value) is not None


def written_whole_number(token: Token) -> bool:
    """Whether the token is a number without decimals, in quotes or not."""
    return re.fullmatch(_INTEGER, token.value) is not None


def read_coordinates(tokens: tuple[Token, ...], subject: str, report: Report) -> Text | None:
    """Latitude and longitude in degrees, from `'49.28,-123.12'` or the legacy pair `(49.28, -123.12)`."""
    written = tokens[0].value.split(",") if len(tokens) == 1 else [token.text for token in tokens]
    degrees = [part.strip() for part in written]
    if (
        len(degrees) == 2
        and all(re.fullmatch(_DEGREES, degree) for degree in degrees)
        and _on_earth(*map(Decimal, degrees))
    ):
        return Text(",".join(degrees))
    reader = Reader(subject, Domain("coordinates"), report)
    reader.wrong_type(tokens[0], "latitude and longitude", _coordinates_advice(degrees))
    return None


def _on_earth(latitude: Decimal, longitude: Decimal) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180


def _coordinates_advice(degrees: Sequence[str]) -> str:
    if len(degrees) != 2 or not all(re.fullmatch(_LONG_DEGREES, degree) for degree in degrees):
        return "write '40.7128,-74.006'"
    latitude, longitude = (round(Decimal(part), 6).normalize() for part in degrees)
    if _on_earth(latitude, longitude):
        return f"six decimals are exact to a hand's breadth: write '{latitude:f},{longitude:f}'"
    swapped = f"; did you mean '{longitude:f},{latitude:f}'?" if _on_earth(longitude, latitude) else ""
    return f"the latitude comes first, from -90 to 90, then the longitude, from -180 to 180{swapped}"


def few_enough(tokens: Sequence[Token], limits: Limits, report: Report) -> bool:
    """Whether a list is within its limit; if not, that is then in the report."""
    if len(tokens) <= limits.ids:
        return True
    first = tokens[limits.ids]
    message = f"The list has {len(tokens)} values (maximum is {limits.ids})"
    report.meaning("too_many_values", first.start, first.end, message)
    return False


def warn_of_empty_range(ends: Sequence[Value], span: Span, report: Report) -> None:
    """Warn of `BETWEEN -30d AND -90d`, whose ends are exchanged, where that can be told from the text."""
    swapped = False
    match tuple(ends):
        case (Number(low), Number(high)):
            swapped = low > high
        case (Day(first), Day(last)):
            swapped = first > last
        case (Moment(first), Moment(last)):
            swapped = first > last
        case (Offset(start, unit), Offset(end, other)) if unit == other:
            swapped = start > end
    if swapped:
        message = "BETWEEN goes from low to high; this holds for nobody."
        report.warn("empty_range", span.start, span.end, message, "exchange the two ends")


def _integer(token: Token, reader: Reader) -> Number | None:
    if token.kind != "literal" or not re.fullmatch(_INTEGER, token.text):
        reader.wrong_type(token, "a whole number", _number_advice(token, "write a whole number, such as 5"))
        return None
    value = Decimal(token.text)
    if not -_INT64 <= value < _INT64:
        reader.refuse("number_out_of_range", token, f"{reader.subject} needs a number of at most 64 bits", "")
        return None
    return Number(value)


def _number(token: Token, reader: Reader) -> Number | None:
    match = re.fullmatch(_NUMBER, token.text) if token.kind == "literal" else None
    if match is None:
        reader.wrong_type(token, "a number", _number_advice(token, "write digits and a point, such as 99.50"))
        return None
    value = Decimal(token.text)
    if abs(value) >= _LARGEST_NUMBER or len(match[1] or "") > _MOST_DECIMALS:
        message = f"{reader.subject} needs a number below 10^18 with at most {_MOST_DECIMALS} decimals"
        reader.refuse("number_out_of_range", token, message, "")
        return None
    return Number(value)


def _distance(token: Token, reader: Reader) -> Number | None:
    value = _number(token, reader)
    if value is None or value.value >= 0:
        return value
    reader.wrong_type(token, "a distance", "write a number that is not negative, such as 25")
    return None


def _number_advice(token: Token, otherwise: str) -> str:
    return (
        f"write {token.value} without quotes"
        if re.fullmatch(_NUMBER, token.value) and token.kind == "string"
        else otherwise
    )


def _id(token: Token, reader: Reader) -> Text | None:
    if not re.fullmatch(_DIGITS, token.value):
        reader.wrong_type(token, "an id", "write only its digits, without quotes: 1234567890")
        return None
    # The length first: Python refuses to convert thousands of digits.
    digits = token.value.lstrip("0") or "0"
    if len(digits) > 20 or int(digits) >= _UINT64:
        reader.refuse("number_out_of_range", token, f"{reader.subject} needs an id of at most 64 bits", "")
        return None
    return Text(digits)


def _enum(token: Token, reader: Reader) -> Text | None:
    text = _quoted(token, reader)
    if text is None:
        return None
    if text in reader.domain.values:
        return Text(text)
    message = f"'{shown(text)}' is not a value of {reader.subject}"
    reader.refuse("unknown_value", token, message, _enum_advice(text, reader))
    return None


def _enum_advice(text: str, reader: Reader) -> str:
    upper = text.upper().replace(" ", "_").replace("-", "_")
    if upper in reader.domain.values:
        return f"write '{upper}'"
    meant = INVENTED_VALUES.get(reader.subject, {}).get(upper) or nearest(upper, reader.domain.values)
    values = ", ".join(reader.domain.values)
    return f"did you mean '{meant}'? The values are {values}" if meant else f"the values are {values}"


def _text(token: Token, reader: Reader) -> Text | None:
    text = _quoted(token, reader)
    if text is None:
        return None
    form, unlike = reader.domain.form, reader.domain.unlike
    if unlike is not None and (unlike.fits(text) or not text.isprintable()):
        reader.refuse("unknown_value", token, f"'{shown(text)}' is not a value of {reader.subject}", unlike.advice)
        return None
    if form is None or form.fits(text):
        return Text(text.lower() if reader.domain.lower_case else text)
    loose = reader.domain.loose
    if loose is not None and loose.fits(text):
        message = f"'{shown(text)}' is only a part of a value of {reader.subject}."
        reader.report.warn("ambiguous_value", token.start, token.end, message, loose.advice)
        return Text(text)
    message = f"'{shown(text)}' is not a value of {reader.subject}"
    raised = next(filter(form.fits, _raised(text)), None)
    reader.refuse("unknown_value", token, message, f"write {quoted(raised)}" if raised else form.advice)
    return None


def _raised(text: str) -> tuple[str, str]:
    """A code in capitals: but for its last part, which may be a city's name, and whole."""
    codes, dash, name = text.rpartition("-")
    return codes.upper() + dash + name, text.upper()


def _truth(token: Token, reader: Reader) -> Truth | None:
    written = token.text.lower()
    if token.kind == "word" and written in ("true", "false"):
        return Truth(written == "true")
    reader.wrong_type(token, "true or false", "write true or false, without quotes")
    return None


def _quoted(token: Token, reader: Reader) -> str | None:
    if token.kind == "string":
        return composed(token.value)
    reader.wrong_type(token, "a text in quotes", f"write '{shown(token.text)}'")
    return None


_READERS: Mapping[ValueType, Callable[[Token, Reader], Value | None]] = {
    "date": read_date,
    "day": read_day,
    "integer": _integer,
    "number": _number,
    "distance": _distance,
    "truth": _truth,
    "id": _id,
    "enum": _enum,
    "text": _text,
}
