"""Records are what frozen dataclasses with slots are, but for when their constructors are compiled."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import random
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar
from unittest.mock import ANY

import pytest

from segment_core.record import as_dict, computed, field, is_record, names, record, replace, required, values

T = TypeVar("T")


@record
class Point:
    """A record with a default."""

    x: int
    y: int = 0
    unit: ClassVar[str] = "m"

    def far(self) -> int:
        """How far from the origin."""
        return abs(self.x) + abs(self.y)


@record
class Place(Point):
    """One that extends another, and has every kind of field."""

    y: int = 5
    name: str = ""
    tags: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False)


@record
class Nothing:
    """One without fields."""


@record
class Positive:
    """One that checks what it is given."""

    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("not positive")


@record
class Lazy:
    """One that works something out once."""

    value: int

    __slots__ = ("__dict__",)

    @cached_property
    def doubled(self) -> list[int]:
        """Twice the value."""
        return [2 * self.value]


@record
class Box(Generic[T]):
    """One of any content."""

    content: T


@record
class Own:
    """One that is compared by identity, and said in its own way."""

    value: int

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "mine"


def test_values_are_given_by_place_or_by_name() -> None:
    assert (Point(1).x, Point(1).y, Point(1, 2).y, Point(y=2, x=1).y) == (1, 0, 2, 2)
    place = Place(1, 2, "here", ["a"], "b")
    assert values(place) == (1, 2, "here", ["a"], "b")
    assert place.far() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        Point,
        lambda: Point(1, 2, 3),
        lambda: Point(1, z=2),
        lambda: Point(1, x=2),
        lambda: Nothing(1),
    ],
)
def test_what_does_not_fit_is_refused(wrong: Callable[[], object]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            wrong()


def test_a_record_that_extends_another_has_its_fields_first() -> None:
    assert names(Place) == names(Place(1)) == ("x", "y", "name", "tags", "note")
    assert Place(1).y == 5
    assert Point(1).y == 0
    assert isinstance(Place(1), Point)


def test_the_constructor_of_each_class_is_its_own_whichever_is_made_first() -> None:
    for first, second in ((0, 1), (1, 0)):

        @record
        class Base:
            a: int = 1

        @record
        class Extended(Base):
            b: int = 2

        class Plain(Extended):
            """No record itself."""

        kinds: list[type] = [Base, Extended, Plain]
        made = {kind: kind() for kind in (kinds[first], kinds[second], Plain)}
        assert {kind: values(one) for kind, one in made.items()} == {Base: (1,), Extended: (1, 2), Plain: (1, 2)}
        assert Plain.__init__ is Extended.__init__


def test_defaults_that_are_made_are_made_for_each() -> None:
    one, other = Place(1), Place(1)
    one.tags.append("a")
    assert other.tags == []
    assert Place(1, tags=["b"]).tags == ["b"]


def test_required_fields_are_those_without_a_default() -> None:
    assert required(Place) == required(Place(1)) == ("x",)


def _shown(cents: int, currency: str) -> str:
    return f"{cents / 100:.2f} {currency}"


@record
class Priced:
    """One that derives an attribute from its fields."""

    cents: int
    currency: str = "USD"
    shown: str = computed(_shown, "cents", "currency")


@record
class Discounted(Priced):
    """One that inherits such an attribute."""

    percent: int = 0


def test_what_is_derived_is_an_attribute_and_no_field() -> None:
    one = Priced(250)
    assert one.shown == Discounted(250, percent=9).shown == "2.50 USD"
    cheaper = replace(one, cents=199)
    assert cheaper.shown == copy.copy(cheaper).shown == pickle.loads(pickle.dumps(cheaper)).shown == "1.99 USD"  # noqa: S301
    assert names(one) == ("cents", "currency")
    assert as_dict(one) == {"cents": 250, "currency": "USD"}
    assert one == Priced(250)
    with pytest.raises(AttributeError, match="frozen"):
        one.shown = "0"
    with pytest.raises(TypeError, match="shown"):
        Priced(250, shown="1")  # type: ignore[call-arg]


def test_a_class_variable_is_no_field() -> None:
    assert Point.unit == Point(1).unit == "m"
    assert "unit" not in names(Point)


def test_nothing_can_be_set_or_deleted() -> None:
    point = Point(1)
    for change in (
        lambda: setattr(point, "x", 2),
        lambda: setattr(point, "other", 2),
        lambda: delattr(point, "x"),
    ):
        with pytest.raises(AttributeError, match="Point is frozen"):
            change()
    assert point.x == 1
    assert not hasattr(point, "__dict__")


def test_records_of_one_class_are_equal_by_their_values() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 2) != Point(2, 1)
    assert Point(1, 5) != Place(1, 5)
    assert Point(1, 2) != (1, 2)
    assert Point(1, 2) == ANY
    assert Place(1, note="a") == Place(1, note="b")
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_methods_that_a_class_has_itself_are_kept() -> None:
    assert Own(1) != Own(1)
    assert len({Own(1), Own(1)}) == 2
    assert repr(Own(1)) == "mine"


def test_what_is_shown_could_be_written() -> None:
    assert repr(Place(1, name="a")) == "Place(x=1, y=5, name='a', tags=[], note='')"
    assert repr(Nothing()) == "Nothing()"


def test_patterns_match_by_place() -> None:
    match Place(1, 2):
        case Place(x, y, name):
            assert (x, y, name) == (1, 2, "")


def test_checks_are_made_whenever_one_is_made() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="not positive"):
            Positive(0)
    with pytest.raises(ValueError, match="not positive"):
        replace(Positive(1), value=0)


def test_what_is_worked_out_is_kept_and_not_copied() -> None:
    lazy = Lazy(2)
    assert lazy.doubled is lazy.doubled
    assert replace(lazy, value=3).doubled == [6]
    with pytest.raises(AttributeError):
        lazy.value = 3  # type: ignore[misc]


def test_another_is_made_with_other_values() -> None:
    place = Place(1, 2, "a")
    assert replace(place, y=3) == Place(1, 3, "a")
    assert place.y == 2
    with pytest.raises(TypeError):
        replace(place, z=3)


@pytest.mark.parametrize("one", [Place(1, 2, "a", ["b"], "c"), Nothing(), Box(Point(1)), Lazy(2)])
def test_copies_are_equal(one: Any) -> None:
    for same in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301 - our own
        assert same == one
        assert values(same) == values(one)
        assert type(same) is type(one)


def test_a_deep_copy_shares_nothing_that_can_change() -> None:
    one = Place(1, tags=["a"])
    copy.deepcopy(one).tags.append("b")
    assert one.tags == ["a"]


def test_as_a_dictionary_records_inside_are_dictionaries_too() -> None:
    told = as_dict(Box(({"a": Point(1)}, [Point(2, 3)], "text")))
    assert told == {"content": ({"a": {"x": 1, "y": 0}}, [{"x": 2, "y": 3}], "text")}


def test_what_is_a_record() -> None:
    assert is_record(Point)
    assert is_record(Point(1))
    assert not is_record(1)


def test_classes_keep_their_names_and_words() -> None:
    assert (Point.__name__, Point.__qualname__, Point.__module__) == ("Point", "Point", __name__)
    assert Point.__doc__ == "A record with a default."
    assert Box[int](3) == Box(3)


def test_no_constructor_is_compiled_before_it_is_needed() -> None:
    @record
    class Fresh:
        a: int

    @record
    class Other:
        b: int

    assert Fresh.__init__ is Other.__init__
    Fresh(1)
    assert Fresh.__init__ is not Other.__init__


def test_random_records_are_as_dataclasses() -> None:
    """The same classes made both ways, with the same calls: equal results or both refuse."""
    draw = random.Random(7)
    for _ in range(300):
        defaults = draw.randint(0, 4)
        fields = {f"f{n}": draw.choice([int, str]) for n in range(draw.randint(defaults, 5))}
        given = {name: draw.randint(0, 2) for name in list(fields)[len(fields) - defaults :]}
        made = [
            make(type("Made", (), {"__annotations__": dict(fields), **given}))
            for make in (record, dataclasses.dataclass(frozen=True, slots=True))
        ]
        calls = [_call(draw, list(fields)) for _ in range(6)]
        answers = [[_told(cls, *call) for call in calls] for cls in made]
        assert answers[0] == answers[1]
        ones = [[one for one in (_made(cls, *call) for call in calls) if one is not None] for cls in made]
        same = [[a == b for a in some for b in some] for some in ones]
        assert same[0] == same[1]
        assert all((hash(a) == hash(b)) >= (a == b) for a in ones[0] for b in ones[0])


def _call(draw: random.Random, fields: list[str]) -> tuple[list[int], dict[str, int]]:
    count = draw.randint(0, len(fields))
    named = draw.sample(fields[max(0, count - draw.randint(0, 1)) :], k=draw.randint(0, len(fields) - count))
    return [draw.randint(0, 2) for _ in range(count)], {name: draw.randint(0, 2) for name in named}


def _made(cls: Any, args: list[int], kwargs: dict[str, int]) -> Any:
    try:
        return cls(*args, **kwargs)
    except TypeError:
        return None


def _told(cls: Any, args: list[int], kwargs: dict[str, int]) -> str:
    return repr(_made(cls, args, kwargs))
