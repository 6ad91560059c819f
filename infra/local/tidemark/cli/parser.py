"""A parser that refuses an option with a value that is given twice: taking the last one would drop the first unseen."""

from __future__ import annotations

from argparse import Action, ArgumentError, ArgumentParser, Namespace
from typing import Any


class Parser(ArgumentParser):
    """What `argparse` has, but for `store`, which is what an argument does that does not say otherwise."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name in (None, "store"):
            self.register("action", name, _Once)


class _Once(Action):
    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: Any = None) -> None:
        given: set[str] = namespace.__dict__.setdefault("given", set())
        if option_string is not None and self.dest in given:
            raise ArgumentError(self, "is given twice: once is enough")
        given.add(self.dest)
        setattr(namespace, self.dest, values)
