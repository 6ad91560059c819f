"""Segments that ask segments: what is refused when one is saved."""

from __future__ import annotations

import pytest

from segment_core.errors import InvalidQuery
from segment_core.language import Limits, Problem, check, parse
from segment_core.language.limits import DEEPEST_SEGMENTS, MOST_CLAUSES_OF_SEGMENTS, Segments


def segments(**queries: str) -> Segments:
    return {name: parse(query) for name, query in queries.items()}


def refusal(query: str, known: Segments, *saving: str) -> Problem:
    with pytest.raises(InvalidQuery) as refused:
        check(query, Limits(segments=known, saving=frozenset(saving)))
    [problem] = refused.value.problems
    return problem


def test_a_segment_that_there_is_not_is_refused_with_the_nearest_name() -> None:
    problem = refusal("NOT in_segment('loyall')", segments(loyal="number_of_orders > 3"))
    assert problem == Problem(1, 15, 8, "unknown_segment", "there is no segment 'loyall'", "did you mean 'loyal'?")


def test_a_name_is_found_whatever_its_letter_case_and_is_kept_as_the_segment_has_it() -> None:
    known = segments(**{"Straße 5": "number_of_orders > 3"})
    checked = check("in_segment('STRASSE 5') OR NOT in_segment('straße 5')", Limits(segments=known))
    assert checked.canonical == "in_segment('Straße 5') OR NOT in_segment('Straße 5')"
    assert refusal("in_segment('STRASSE 5')", {}, "Straße 5", "s1").code == "segment_cycle"
    assert refusal("in_segment('A')", segments(a="in_segment('VIP')"), "VIP").code == "segment_cycle"


def test_depth_is_counted_through_a_name_in_another_letter_case() -> None:
    chain = {f"s{n}": parse(f"in_segment('s{n + 1}')") for n in range(1, DEEPEST_SEGMENTS + 1)}
    chain[f"s{DEEPEST_SEGMENTS + 1}"] = parse("number_of_orders > 3")
    asking = {**chain, "top": parse("in_segment('mid')"), "mid": parse("number_of_orders > 3")}
    assert refusal("in_segment('S2')", asking, "mid").code == "segments_too_deep"


def test_a_segment_cannot_ask_itself() -> None:
    known = segments(vip="number_of_orders > 3")
    assert refusal("in_segment('vip')", known, "vip", "s1").code == "segment_cycle"
    assert refusal("in_segment('s1')", {}, "vip", "s1").code == "segment_cycle"


def test_a_circle_is_found_on_its_path() -> None:
    known = segments(a="number_of_orders > 3 OR NOT in_segment('b')", b="in_segment('c')", c="in_segment('vip')")
    problem = refusal("number_of_orders = 0 AND in_segment('a')", known, "vip")
    assert (problem.code, problem.column) == ("segment_cycle", 36)
    assert "'a', 'b', 'c', 'vip'" in problem.message


def test_a_diamond_is_no_circle() -> None:
    known = segments(
        left="in_segment('base')", right="NOT in_segment('base') OR in_segment('left')", base="number_of_orders > 3"
    )
    assert check("in_segment('left') AND in_segment('right')", Limits(segments=known, saving=frozenset({"vip"})))


def test_a_segment_may_ask_one_that_is_gone() -> None:
    assert check("in_segment('a')", Limits(segments=segments(a="in_segment('gone') OR number_of_orders > 3")))


def test_a_circle_among_others_does_not_hang() -> None:
    known = segments(a="in_segment('b')", b="in_segment('a')")
    assert refusal("in_segment('a')", known, "vip").code == "segments_too_deep"


def test_there_is_a_deepest_chain() -> None:
    chain = {f"s{n}": parse(f"in_segment('s{n + 1}')") for n in range(DEEPEST_SEGMENTS + 1)}
    chain[f"s{DEEPEST_SEGMENTS}"] = parse("number_of_orders > 3")
    assert check("in_segment('s1')", Limits(segments=chain))
    assert refusal("in_segment('s0')", chain).code == "segments_too_deep"
    both = refusal("in_segment('s1') AND in_segment('s0')", chain)
    assert (both.code, both.column) == ("segments_too_deep", 32)


def test_diamonds_on_diamonds_have_too_many_clauses() -> None:
    known = {f"s{n}": parse(" OR ".join([f"in_segment('s{n + 1}')"] * 40)) for n in range(4)}
    known["s4"] = parse("number_of_orders > 3")
    assert refusal("in_segment('s0')", known).code == "too_many_clauses"


@pytest.mark.parametrize("first", ["deep", "shallow"])
def test_a_chain_is_too_deep_also_where_a_shorter_way_leads_into_it(first: str) -> None:
    """`long` fits behind `shallow`, but not behind the chain of `deep`, whichever of them is looked at first."""
    known = {f"s{n}": parse(f"in_segment('s{n + 1}')") for n in range(6)} | {"s6": parse("number_of_orders > 3")}
    known |= {f"d{n}": parse(f"in_segment('d{n + 1}')") for n in range(5)} | {"d5": parse("in_segment('s0')")}
    known |= segments(deep="in_segment('d0')", shallow="in_segment('s0')")
    last = "shallow" if first == "deep" else "deep"
    known["both"] = parse(f"in_segment('{first}') OR in_segment('{last}')")
    assert check("in_segment('shallow')", Limits(segments=known))
    assert refusal("in_segment('both')", known).code == "segments_too_deep"


def test_the_clauses_of_all_segments_that_are_asked_count() -> None:
    def of(clauses: int) -> str:
        return " OR ".join(["number_of_orders > 3"] * clauses)

    known = segments(base=of(MOST_CLAUSES_OF_SEGMENTS - 3), most="number_of_orders = 0 OR in_segment('base')")
    known["more"] = parse(f"{of(2)} OR in_segment('most')")
    known["nearly"] = parse(f"{of(1)} OR NOT in_segment('base') AND {of(1)}")
    assert check("in_segment('most') AND in_segment('nearly')", Limits(segments=known))
    assert refusal("in_segment('more')", known).code == "too_many_clauses"


def test_what_is_wrong_is_said_with_what_to_do() -> None:
    chain = {f"s{n}": parse(f"in_segment('s{n + 1}')") for n in range(DEEPEST_SEGMENTS)}
    chain[f"s{DEEPEST_SEGMENTS}"] = parse("number_of_orders > 3")
    large = segments(large=" OR ".join(["number_of_orders > 3"] * (MOST_CLAUSES_OF_SEGMENTS + 1)))
    found = [
        refusal("in_segment('x')", {}),
        refusal("in_segment('a')", segments(a="in_segment('vip')"), "vip"),
        refusal("in_segment('s0')", chain),
        refusal("in_segment('large')", large),
    ]
    assert [(problem.message, problem.hint) for problem in found] == [
        ("there is no segment 'x'", "save that segment first"),
        ("'a' leads back to the segment that is being saved: 'a', 'vip'", "write out what is meant in one of them"),
        ("'s0' asks segments that ask segments, more than 10 deep", "write out what is meant in one of them"),
        ("'large' has more than 500 clauses with those of its segments", "write out what is meant in one of them"),
    ]


def test_without_known_segments_any_name_may_be_written() -> None:
    assert check("in_segment('whatever')").canonical == "in_segment('whatever')"


def test_an_edited_segment_must_not_make_those_that_ask_it_too_deep() -> None:
    known = {f"s{n}": parse(f"in_segment('s{n + 1}')") for n in range(1, DEEPEST_SEGMENTS)}
    known |= segments(**{f"s{DEEPEST_SEGMENTS}": "number_of_orders > 3", "other": "number_of_orders = 0"})
    edited = f"s{DEEPEST_SEGMENTS}"
    assert check("number_of_orders > 4", Limits(segments=known, saving=frozenset({edited})))
    problem = refusal("in_segment('other') OR number_of_orders > 4", known, edited)
    assert (problem.code, problem.column, problem.length) == ("segments_too_deep", 0, 43)
    assert "'s1', which asks this segment," in problem.message
    assert check("in_segment('other')", Limits(segments=known, saving=frozenset({"s2"}))), "s2 asks nothing else now"


def test_an_edited_segment_must_not_make_those_that_ask_it_too_large() -> None:
    known = segments(
        base="number_of_orders > 3",
        middle=" OR ".join(["in_segment('base')"] * 20),
        top=" OR ".join(["in_segment('middle')"] * 12),
    )
    assert check("number_of_orders > 4", Limits(segments=known, saving=frozenset({"base", "s1"})))
    problem = refusal("number_of_orders > 4 OR number_of_orders = 0", known, "base", "s1")
    assert problem.code == "too_many_clauses"
    assert "'top', which asks this segment," in problem.message


def test_circles_among_others_are_found_at_once() -> None:
    names = [f"s{n}" for n in range(12)]
    known = {name: parse(" OR ".join(f"in_segment('{other}')" for other in names)) for name in names}
    assert refusal("in_segment('s0')", known, "vip").code == "segments_too_deep"
    assert refusal("number_of_orders = 0 OR in_segment('s3')", known, "vip").code == "segments_too_deep"
