"""The template as one stage's CloudFormation, with what depends on the stage filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.expand import expanded, source

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "template.yaml"
STAGES = ("dev", "prod")

Properties = dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """The expansion for a stage. `source` is the template as written."""

    stage: str
    source: dict[str, Any]
    expansion: dict[str, Any]

    @classmethod
    def of(cls, stage: str) -> Stack:
        """Raises if the template cannot be expanded for the stage."""
        expansion = expanded(TEMPLATE, stage)
        return cls(stage, source(TEMPLATE), _filled(expansion, expansion, stage))

    def all(self, kind: str) -> dict[str, Properties]:
        """The properties of all resources of an AWS type, without its first part, by logical id."""
        return {
            name: resource["Properties"]
            for name, resource in self.expansion["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def functions(self) -> dict[str, Properties]:
        """The functions by the name of their directory."""
        functions = self.all("Lambda::Function")
        return {directory: functions[name] for directory, name in self.logical_ids().items()}

    def logical_ids(self) -> dict[str, str]:
        """The logical id of each function by the name of its directory."""
        return {
            resource["Properties"]["CodeUri"].removeprefix("functions/"): name
            for name, resource in self.source["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        }


def _filled(value: Any, expansion: dict[str, Any], stage: str) -> Any:
    # What depends on the stage as CloudFormation would have it; references to resources stay.
    if isinstance(value, list):
        return [_filled(item, expansion, stage) for item in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "Stage"}:
        return stage
    filled = {name: _filled(item, expansion, stage) for name, item in value.items()}
    match filled:
        case {"Fn::FindInMap": [mapping, row, column]}:
            return expansion["Mappings"][mapping][row][column]
        case {"Fn::Equals": [left, right]}:
            return left == right
        case {"Fn::If": [condition, yes, no]}:
            return yes if _filled(expansion["Conditions"][condition], expansion, stage) else no
    return filled


def referenced(value: Any) -> str:
    """The logical id of what a `Ref`, a `GetAtt` or a `Sub` that starts with one points at."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]}:
            return str(name)
        case {"Fn::Sub": str(text)} if text.startswith("${"):
            return text[2:].partition("}")[0].partition(".")[0]
    raise AssertionError(f"{value!r} points at no resource of the template")


def everything(value: Any) -> Iterator[Any]:
    """The value and all that is in it."""
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from everything(item)
    elif isinstance(value, list):
        for item in value:
            yield from everything(item)
