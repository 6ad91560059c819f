"""What shortens a measurement: variables of the environment, which have to be numbers above zero."""

from __future__ import annotations

import os
from typing import NoReturn


def number(name: str, default: float) -> float:
    """The number; `default` if it is not set. Ends the process for anything else."""
    (only,) = _numbers(name, (default,))
    return only


def whole_numbers(name: str, *default: int) -> tuple[int, ...]:
    """Whole numbers with commas between them; `default` if they are not set. Ends the process for anything else."""
    found = _numbers(name, default)
    if not all(one == int(one) for one in found):
        _refuse(name, "whole numbers")
    return tuple(map(int, found))


def _numbers(name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    if name not in os.environ:
        return default
    try:
        found = tuple(map(float, os.environ[name].split(",")))
    except ValueError:
        found = ()
    single = len(default) == 1
    if not found or (single and len(found) > 1) or not all(0 < one <= 1e6 for one in found):
        _refuse(name, "a number" if single else "numbers, with commas between them,")
    return found


def _refuse(name: str, what: str) -> NoReturn:
    raise SystemExit(f"{name}='{os.environ[name]}' does not do: it has to be {what} above 0, up to a million")
