"""Frozen records with slots, for code whose import must be quick: `dataclasses` without what it runs at import.

A `@dataclass` compiles its methods while its module is imported, and loads `inspect` to do so. Here `__init__` is
compiled when the first instance is made, with which it is as quick; the other methods are the same for all records.
Type checkers see the constructors of dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Final, Literal, NoReturn, TypeVar, cast, dataclass_transform

T = TypeVar("T")

_MISSING: Final = object()


class _Field:
    """What `field` says of a field."""

    __slots__ = ("compare", "default", "default_factory")

    def __init__(self, default: object, default_factory: Callable[[], object] | None, compare: bool) -> None:
        self.default, self.default_factory, self.compare = default, default_factory, compare


class _Computed:
    """What `computed` says of an attribute."""

    __slots__ = ("make", "of")

    def __init__(self, make: Callable[..., object], of: Sequence[str]) -> None:
        self.make, self.of = make, of


def field(*, default: Any = _MISSING, default_factory: Callable[[], Any] | None = None, compare: bool = True) -> Any:
    """A field whose default is made anew for each record, or that neither equality nor hash look at."""
    return _Field(default, default_factory, compare)


def computed(make: Callable[..., Any], *of: str, init: Literal[False] = False) -> Any:
    """No field, but an attribute that `make` makes of these fields' values, once, when the record is made.

    `init` only tells type checkers that constructors do not take it.
    """
    return _Computed(make, of)


@dataclass_transform(frozen_default=True, field_specifiers=(field, computed))
def record(cls: type[T]) -> type[T]:
    """The class as a frozen record: its fields are the annotated names, after those of the record that it extends.

    As with `dataclass(frozen=True, slots=True)`: a field's value in the class is its default, `__post_init__` is called
    last, what is a `ClassVar` is no field, and methods that the class has itself are kept. A class that needs an
    attribute beside its fields (`__dict__` for cached properties) names it in `__slots__`. A default is one value for
    all records, so it must not be mutable.
    """
    own = {name: cls.__dict__.get(name, _MISSING) for name in _annotated(cls)}
    inherited: dict[str, _Field] = getattr(cls, "__fields__", {})
    fields = inherited | {name: _as_field(value) for name, value in own.items() if not isinstance(value, _Computed)}
    made_of = {name: value for name, value in own.items() if isinstance(value, _Computed)}
    body = {name: value for name, value in cls.__dict__.items() if name not in own and name not in _MADE_BY_TYPE}
    slots = (*(name for name in own if name not in inherited), *cls.__dict__.get("__slots__", ()))
    compared = [name for name, one in fields.items() if one.compare]
    made = {
        "__qualname__": cls.__qualname__,
        "__slots__": slots,
        "__match_args__": tuple(fields),
        "__fields__": fields,
        "__computed__": getattr(cls, "__computed__", {}) | made_of,
    }
    # Slots cannot be added to a class that is there, so it is made once more.
    methods = _METHODS | _comparisons(compared) | body
    again: type[T] = type(cast(type, cls))(cls.__name__, cls.__bases__, methods | made)
    return again


def replace(one: T, **changes: Any) -> T:
    """The record with other values in some of its fields. Raises TypeError for a name that is none of them."""
    return type(one)(**{name: getattr(one, name) for name in names(one)} | changes)


def names(one: object) -> tuple[str, ...]:
    """The fields of a record, or of a class of records, in order. Raises AttributeError for anything else."""
    return tuple(one.__fields__)  # type: ignore[attr-defined]


def required(one: object) -> tuple[str, ...]:
    """Those without a default."""
    fields: dict[str, _Field] = one.__fields__  # type: ignore[attr-defined]
    return tuple(name for name, it in fields.items() if it.default is _MISSING and it.default_factory is None)


def is_record(value: object) -> bool:
    """Whether it is a record, or a class of records."""
    return hasattr(value, "__fields__")


def values(one: object) -> tuple[Any, ...]:
    """The values of a record's fields, in order, as they are."""
    return tuple(getattr(one, name) for name in names(one))


def as_dict(one: object) -> dict[str, Any]:
    """Field to value; records in it, and in its lists, tuples and dictionaries, become dictionaries too."""
    return {name: _plain(getattr(one, name)) for name in names(one)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_plain, value))
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return as_dict(value) if is_record(value) else value


def _annotated(cls: type) -> Iterator[str]:
    """The names that the class itself annotates, but for class variables."""
    for name, annotation in cls.__annotations__.items():
        if not str(annotation).removeprefix("typing.").startswith("ClassVar"):
            yield name


def _as_field(value: object) -> _Field:
    return value if isinstance(value, _Field) else _Field(value, None, True)


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Stands for `__init__` until the first instance is made."""
    cls: Any = next(one for one in type(self).__mro__ if "__init__" in one.__dict__)
    cls.__init__ = _compiled(cls)
    cls.__init__(self, *args, **kwargs)


def _compiled(cls: Any) -> Callable[..., None]:
    """The `__init__` of a class of records. Slots are set past `__setattr__`, which refuses."""
    fields: dict[str, _Field] = cls.__fields__
    known: dict[str, Any] = {"_MISSING": _MISSING}
    parameters, lines = ["self"], []
    for name, one in fields.items():
        known[f"_set_{name}"] = getattr(cls, name).__set__
        value = name
        if one.default_factory is not None:
            known[f"_make_{name}"] = one.default_factory
            parameters.append(f"{name}=_MISSING")
            value = f"_make_{name}() if {name} is _MISSING else {name}"
        elif one.default is not _MISSING:
            known[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f"    _set_{name}(self, {value})")
    made_of: dict[str, _Computed] = cls.__computed__
    for name, attribute in made_of.items():
        known[f"_set_{name}"], known[f"_make_{name}"] = getattr(cls, name).__set__, attribute.make
        lines.append(f"    _set_{name}(self, _make_{name}({', '.join(f'self.{part}' for part in attribute.of)}))")
    lines.append("    self.__post_init__()" if hasattr(cls, "__post_init__") else "    return")
    exec("\n".join((f"def __init__({', '.join(parameters)}):", *lines)), known)  # noqa: S102 - of field names alone
    made: Callable[..., None] = known["__init__"]
    made.__qualname__, made.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return made


def _comparisons(compared: Sequence[str]) -> dict[str, Any]:
    """`__eq__` and `__hash__`: of one class, with equal values in the fields that are compared."""
    of = attrgetter(*compared or ("__class__",))

    def equal(self: Any, other: Any) -> Any:
        return of(self) == of(other) if type(other) is type(self) else NotImplemented

    def hashed(self: Any) -> int:
        return hash(of(self))

    return {"__eq__": equal, "__hash__": hashed}


def _repr(self: Any) -> str:
    told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__fields__)
    return f"{type(self).__qualname__}({told})"


def _reduced(self: Any) -> tuple[Any, ...]:
    """For `copy` and `pickle`, which would set one attribute after the other."""
    return type(self), values(self)


def _frozen(self: Any, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__qualname__} is frozen: make another one with replace() to change {name}")


_METHODS: Final = {
    "__init__": _first_init,
    "__repr__": _repr,
    "__reduce__": _reduced,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
}

# Of the class that is made once more, and not of the new one: descriptors of its slots.
_MADE_BY_TYPE: Final = ("__dict__", "__weakref__")
