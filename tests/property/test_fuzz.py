"""The fuzzer, for a few seconds; `make fuzz` lets it run longer."""

from __future__ import annotations

from random import Random

import pytest

from segment_core.language import check

from . import fuzz


def test_hostile_text_is_answered() -> None:
    # The same texts every time: a change that is tested must not fail for what it did not touch.
    tally = fuzz.fuzz(Random(20), seconds=4)
    assert 0 < tally.accepted < tally.tried, "the texts are all right or all wrong, which tells nothing"


@pytest.mark.parametrize("query", fuzz.QUERIES)
def test_what_it_starts_from_is_right(query: str) -> None:
    assert check(query)
    assert fuzz.answered(query)


def test_what_it_finds_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(text: str) -> bool:
        if "NOT" in text and "(" in text:
            raise RecursionError
        return True

    monkeypatch.setattr(fuzz, "answered", breaks)
    assert fuzz.shortened("a = 1 AND NOT b(c) OR (d)", RecursionError) == "NOT("
    with pytest.raises(fuzz.Failed, match="RecursionError"):
        fuzz.fuzz(Random(1), seconds=30)


def test_a_text_that_is_never_answered_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(text: str) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "check", endless)
    monkeypatch.setattr(fuzz, "HANG_SECONDS", 0.05)
    with pytest.raises(fuzz.Failed, match="no answer"):
        fuzz.fuzz(Random(1), seconds=30)
