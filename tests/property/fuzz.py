"""Hostile text against the language: no crash, no hang, and every answer is a query or problems that lie in the text.

Texts are made from queries that are right, from the language's own words and from characters that break parsers: cut,
joined, repeated, nested and sprinkled. What is accepted must go all the way: print and parse again, be described, be
compiled and be asked.

    python -m tests.property.fuzz --minutes 10        or        make fuzz ARGS="--minutes 10"
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from time import monotonic
from types import FrameType
from typing import get_args
from zoneinfo import ZoneInfo

from segment_core.errors import InvalidQuery
from segment_core.evaluator import compile_query, depends_on
from segment_core.facts.customer import Customer, Order
from segment_core.language import Checked, Problem, canonical, check, describe, parse
from segment_core.language.description import LOCALES
from segment_core.language.problems import Code
from segment_core.language.vocabulary import ATTRIBUTES, FUNCTIONS, MODIFIERS, names
from segment_core.language.vocabulary.metafields import EXAMPLES
from segment_core.shop import Shop

# Far more than any text needs: only an endless one is caught.
HANG_SECONDS = 20

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Shop(ZoneInfo("Europe/Oslo"), "USD")
CUSTOMER = Customer("1", tags=("vip",), orders=(Order("1", created_at=datetime(2026, 2, 1, tzinfo=UTC)),))

QUERIES = [
    *(attribute.example for attribute in ATTRIBUTES.values()),
    *(function.example for function in FUNCTIONS.values()),
    *(modifier.example for modifier in MODIFIERS.values()),
    *EXAMPLES.values(),
    "products_purchased(id: (1, 2), count_at_least: 2) = false",
    "NOT (last_order_date > -30d OR customer_tags CONTAINS 'it\\'s')",
    "orders_placed(since: 2026-01-01, until: 30_days_ago) = true AND amount_spent >= 500",
    "(number_of_orders = 0 OR last_order_date < -14d) AND email_subscription_status = 'SUBSCRIBED'",
]
WORDS = [
    *names(), *{parameter.name for function in FUNCTIONS.values() for parameter in function.parameters},
    "AND", "OR", "NOT", "IN", "NOT IN", "IS NULL", "IS NOT NULL", "BETWEEN", "CONTAINS", "NOT CONTAINS", "MATCHES",
    "NOT MATCHES", "NOT_MATCHES", "STARTS WITH", "true", "false", "today", "yesterday", "30_days_ago", "-30d", "+3m",
    "-99999999999999999999y", "2026-02-30", "2026-02-28T25:00:00", "0001-01-01", "9999-12-31", "2026-03-01T16:00:00",
    "1", "-0", "1e9", "1.5", "1,5", "9" * 400, "0." + "0" * 300 + "1", "18446744073709551616", "metafields.a.b",
    "customer.metafields.a.b", "''", "'vip'", "'\\''", "\"", "“", "=", "!=", "<>", ">=", "<=", "<", ">", "(", ")", ",",
    ":", ".", "-", "+", "--", "/*", "*/", ";", "\\", "\n", "\r\n", "\t",
]  # fmt: skip
# Digits and letters that Python takes for such, blanks that are none, halves of characters, marks that combine.
CHARACTERS = "".join(
    (
        "\0\x1b\x7f\x85\xa0\xad\u200b\u200e\u202e\u2028\u2029\ufeff\ufffd\ud800\udfff\U0001f600\U0010ffff",
        "\N{ARABIC-INDIC DIGIT THREE}\N{FULLWIDTH DIGIT THREE}\N{SUPERSCRIPT TWO}\N{VULGAR FRACTION ONE HALF}",
        "\N{FULLWIDTH LATIN SMALL LETTER E}\N{GREEK CAPITAL LETTER ALPHA}\N{FEMININE ORDINAL INDICATOR}",
        "\N{LATIN SMALL LETTER DOTLESS I}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\N{LATIN SMALL LETTER SHARP S}",
        "\N{LATIN CAPITAL LETTER D WITH SMALL LETTER Z WITH CARON}\N{COMBINING ACUTE ACCENT}",
        "'\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`\N{ACUTE ACCENT}",
    )
)


class Failed(AssertionError):
    """A text that was not answered as it must be."""


class Hanging(BaseException):
    """A text that is not answered at all; no shorter one is looked for, since each try would take as long."""


@dataclass(frozen=True)
class Tally:
    """How many texts were tried, and how many of them were queries."""

    tried: int
    accepted: int


def fuzz(random: Random, seconds: float, tell: Callable[[Tally], None] = lambda _: None) -> Tally:
    """Try texts until the time is up. Raises Failed with the shortest text found that shows what is wrong."""
    end, tried, accepted = monotonic() + seconds, 0, 0
    while monotonic() < end:
        text = hostile(random)
        try:
            accepted += answered(text)
        except Hanging as hanging:
            raise Failed(f"no answer after {HANG_SECONDS} seconds for {text!r}") from hanging
        except Exception as error:
            short = shortened(text, type(error))
            raise Failed(f"{type(error).__name__}: {error}\nfor {short!r}\nfirst seen in {text!r}") from error
        tried += 1
        if tried % 1000 == 0:
            tell(Tally(tried, accepted))
    return Tally(tried, accepted)


def hostile(random: Random) -> str:
    """A text that nobody would write."""
    text = random.choice(QUERIES) if random.random() < 0.8 else " ".join(random.choices(WORDS, k=random.randrange(12)))
    for _ in range(random.choice((0, 1, 1, 2, 3, 5, 9))):
        text = random.choice(_CHANGES)(random, text)
        if len(text) > 20_000:
            break
    return text


def answered(text: str) -> bool:
    """Whether the text is a query. Raises AssertionError for an answer that is none."""
    with _alarm():
        checked, problems = _checked(text)
        _look_at(problems, text)
        if checked is None:
            assert problems, "refused without a reason"
            return False
        assert parse(checked.canonical) == checked.query, "the canonical text means something else"
        assert canonical(parse(checked.canonical)) == checked.canonical, "the canonical text has another"
        for locale in LOCALES:
            sentence = describe(checked.query, locale).replace("\N{NO-BREAK SPACE}", " ")
            assert sentence.isprintable(), "a description with what cannot be seen"
        assert depends_on(checked.query), "a query that depends on nothing"
        compile_query(checked.query).evaluate(CUSTOMER, SHOP, AT)
        return True


def _checked(text: str) -> tuple[Checked | None, tuple[Problem, ...]]:
    """The query with its warnings, or None with its problems."""
    try:
        checked = check(text)
    except InvalidQuery as refusal:
        return None, refusal.problems
    return checked, checked.warnings


def shortened(text: str, kind: type[Exception]) -> str:
    """A text that fails in the same way, without the parts that do not matter."""
    size = len(text) // 2
    while size:
        start = 0
        while start < len(text):
            candidate = text[:start] + text[start + size :]
            if _fails(candidate, kind):
                text = candidate
            else:
                start += size
        size //= 2
    return text


def _fails(text: str, kind: type[Exception]) -> bool:
    try:
        answered(text)
    except kind:
        return True
    except Exception:  # noqa: BLE001 - another failure is not the one that is looked for
        return False
    return False


def _look_at(problems: tuple[Problem, ...], text: str) -> None:
    lines = text.split("\n")
    for problem in problems:
        assert problem.code in get_args(Code), problem
        assert 1 <= problem.line <= len(lines), problem
        assert 0 <= problem.column <= len(lines[problem.line - 1]), problem
        before = sum(len(line) + 1 for line in lines[: problem.line - 1])
        assert 0 <= problem.length <= len(text) - before - problem.column, problem
        assert problem.message, problem
        assert str(problem).isprintable(), problem


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Hanging

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Changes

_BETWEEN = (" AND ", " OR ", " AND NOT ", "\nOR\n", " and ", " ")


def _cut(random: Random, text: str) -> str:
    start, end = _two(random, text)
    return text[:start] + text[end:]


def _repeat(random: Random, text: str) -> str:
    start, end = _two(random, text)
    return text[:start] + text[start:end] * random.choice((2, 3, 11, 60)) + text[end:]


def _put_word(random: Random, text: str) -> str:
    start, end = _two(random, text)
    gap = random.choice(("", " "))
    return text[:start] + gap + random.choice(WORDS) + gap + text[random.choice((start, end)) :]


def _put_character(random: Random, text: str) -> str:
    place = random.randrange(len(text) + 1)
    return text[:place] + random.choice(CHARACTERS) * random.choice((1, 1, 1, 70)) + text[place:]


def _join(random: Random, text: str) -> str:
    return text + random.choice(_BETWEEN) + random.choice(QUERIES)


def _swap(random: Random, text: str) -> str:
    other = random.choice(QUERIES)
    return text[: random.randrange(len(text) + 1)] + other[random.randrange(len(other)) :]


def _nest(random: Random, text: str) -> str:
    depth = random.choice((1, 2, 19, 21, 200, 3000))
    opened: str = random.choice(("(", "NOT ", "NOT(", "not ("))
    return opened * depth + text + ")" * random.choice((depth, depth - 1, 0))


def _change_case(random: Random, text: str) -> str:
    start, end = _two(random, text)
    return text[:start] + text[start:end].swapcase() + text[end:]


def _two(random: Random, text: str) -> tuple[int, int]:
    start = random.randrange(len(text) + 1)
    return start, min(len(text), start + random.choice((1, 1, 2, 5, 30)))


_CHANGES = (_cut, _repeat, _put_word, _put_word, _put_character, _join, _swap, _nest, _change_case)


def main() -> int:
    """Fuzz for a while, and say with which seed it began; 1 if a text was found."""
    parser = ArgumentParser(prog="fuzz", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=5, metavar="N", help="how long (default: 5)")
    parser.add_argument("--seed", type=int, default=Random().randrange(2**32), metavar="N", help="to repeat a run")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.minutes:g} minutes")
    try:
        tally = fuzz(Random(options.seed), options.minutes * 60, _show if sys.stderr.isatty() else lambda _: None)
    except Failed as failed:
        print(failed)
        return 1
    print(f"{tally.tried:,} texts, of which {tally.accepted:,} were queries: every one was answered")
    return 0


def _show(tally: Tally) -> None:
    print(f"\r{tally.tried:,} texts", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
