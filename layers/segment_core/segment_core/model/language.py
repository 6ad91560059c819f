"""What a shop lets its queries be: how large, in whose language, and which metafields there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from segment_core.language import Limits
from segment_core.language.limits import Strictness
from segment_core.language.vocabulary import Definitions

_USUAL = Limits()


@dataclass(frozen=True, slots=True)
class LanguageSettings:
    """Settings for what may be saved; what was saved before stays, whatever they become. See `Limits`."""

    clauses: int = _USUAL.clauses
    characters: int = _USUAL.characters
    ids: int = _USUAL.ids
    nesting: int = _USUAL.nesting
    strictness: Strictness = _USUAL.strictness
    metafields: Definitions | None = None

    @property
    def limits(self) -> Limits:
        """The same as `check` takes it."""
        return Limits(**self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """Name to value; the metafields as a plain mapping."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return told | {"metafields": None if self.metafields is None else dict(self.metafields)}

    @classmethod
    def of_fields(cls, told: Mapping[str, Any]) -> LanguageSettings:
        """The settings of such a mapping; what it leaves out is as usual."""
        return cls(**told)
