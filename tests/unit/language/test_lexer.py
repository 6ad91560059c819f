"""How text is cut into tokens."""

from __future__ import annotations

import pytest

from segment_core.language.lexer import tokens
from segment_core.language.problems import Report


def cut(text: str) -> list[tuple[str, str]]:
    *written, end = tokens(text, Report(text))
    assert end.kind == "end"
    return [(token.kind, token.text) for token in written]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a>=-7d", [("word", "a"), ("symbol", ">="), ("literal", "-7d")]),
        (
            "id:5,tag:'x'",
            [
                ("word", "id"),
                ("symbol", ":"),
                ("literal", "5"),
                ("symbol", ","),
                ("word", "tag"),
                ("symbol", ":"),
                ("string", "'x'"),
            ],
        ),
        ("2020-05-30T8:00:00", [("literal", "2020-05-30T8:00:00")]),
        ("05/30/2020", [("literal", "05/30/2020")]),
        ("30_days_ago", [("literal", "30_days_ago")]),
        ("shopify_email.opened()", [("word", "shopify_email.opened"), ("symbol", "("), ("symbol", ")")]),
        ("metafields.my-app.is-vip", [("word", "metafields.my-app.is-vip")]),
        ("not_matches IS null", [("keyword", "not_matches"), ("keyword", "IS"), ("keyword", "null")]),
        ("'a\\'b' c", [("string", "'a\\'b'"), ("word", "c")]),
        ("'a\\\\' c", [("string", "'a\\\\'"), ("word", "c")]),
        ("1.2*a(", [("literal", "1.2"), ("symbol", "*"), ("word", "a"), ("symbol", "(")]),
        ("/* a*b", [("junk", "/*"), ("word", "a*b")]),
        ("??? !", [("junk", "???"), ("junk", "!")]),
        ("å = 'ø'", [("word", "å"), ("symbol", "="), ("string", "'ø'")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert cut(text) == expected


def test_a_keyword_has_one_spelling() -> None:
    [token, _] = tokens("nOt_MaTcHeS", Report("nOt_MaTcHeS"))

    assert token.value == "NOT_MATCHES"


@pytest.mark.parametrize(
    ("written", "content"),
    [("''", ""), ("'\\''", "'"), ("'\\\\'", "\\"), ("'\\n'", "\\n"), ("'a\nb'", "a\nb"), ("'abc", "abc")],
)
def test_what_a_text_says(written: str, content: str) -> None:
    assert tokens(written, Report(written))[0].value == content
