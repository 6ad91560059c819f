"""CloudFormation's intrinsic functions: reading their short forms from YAML, and working them out.

Anything that cannot be worked out is a TemplateError that names its place: a guess would be wiring of our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from tidemark.stack.errors import TemplateError

Node = Any

# `!Sub` leaves ${!Literal} alone, but for its exclamation mark.
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")

NO_VALUE = object()


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags. A date stays text, as CloudFormation has it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _construct_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Node:
    value: Node = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _construct_tag)


def load(text: str) -> Node:
    """The template's YAML as plain values, short forms (`!Ref x`) written out (`{"Ref": "x"}`)."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with tags of our own
    except yaml.YAMLError as error:
        raise TemplateError("template", f"is not YAML: {error}") from error


class Resolver:
    """Works out every intrinsic of a template.

    `reference(name)` and `attribute(name, attribute)` say what a resource is called here; they raise
    KeyError for what they do not know.
    """

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any],
        mappings: Mapping[str, Any],
        conditions: Mapping[str, Any],
        reference: Callable[[str], Any],
        attribute: Callable[[str, str], Any],
    ) -> None:
        self._parameters = parameters
        self._mappings = mappings
        self._conditions = conditions
        self._reference = reference
        self._attribute = attribute
        self._functions: dict[str, Callable[[Node, str], Any]] = {
            "Ref": self._ref,
            "Condition": self._named_condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::Not": lambda node, place: not self._operands(node, place, 1)[0],
            "Fn::And": lambda node, place: all(self._operands(node, place)),
            "Fn::Or": lambda node, place: any(self._operands(node, place)),
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find_in_map,
        }

    def resolve(self, node: Node, place: str) -> Any:
        """The node with every intrinsic worked out; parts that are AWS::NoValue are left out."""
        if isinstance(node, list):
            values = (self.resolve(item, f"{place}[{n}]") for n, item in enumerate(node))
            return [value for value in values if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in self._functions:
                return self._functions[name](argument, f"{place}.{name}")
            if str(name).startswith("Fn::"):
                raise TemplateError(place, f"{name} is not supported by the local stack")
        resolved = {name: self.resolve(value, f"{place}.{name}") for name, value in node.items()}
        return {name: value for name, value in resolved.items() if value is not NO_VALUE}

    def condition(self, name: str, place: str) -> bool:
        """Whether the named condition holds."""
        if name not in self._conditions:
            raise TemplateError(place, f"there is no condition '{name}'")
        return bool(self.resolve(self._conditions[name], f"Conditions.{name}"))

    def _named_condition(self, node: Node, place: str) -> Any:
        # In `Conditions` and `Fn::If`, {"Condition": "IsProd"} names one; in a policy it is IAM's own word.
        if isinstance(node, str):
            return self.condition(node, place)
        return {"Condition": self.resolve(node, place)}

    def _ref(self, node: Node, place: str) -> Any:
        if node == "AWS::NoValue":
            return NO_VALUE
        if node in self._parameters:
            return self._parameters[node]
        try:
            return self._reference(node)
        except KeyError:
            raise TemplateError(place, f"there is no parameter or resource '{node}'") from None

    def _get_att(self, node: Node, place: str) -> Any:
        if isinstance(node, str):
            node = node.split(".", 1)
        if not isinstance(node, list) or len(node) != 2:
            raise TemplateError(place, "takes a resource and an attribute")
        name, attribute = node[0], self.resolve(node[1], place)
        try:
            return self._attribute(name, attribute)
        except KeyError:
            raise TemplateError(place, f"'{name}.{attribute}' is no attribute that the local stack knows") from None

    def _sub(self, node: Node, place: str) -> str:
        text, values = node if isinstance(node, list) else (node, {})
        values = self.resolve(values, place)

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(values[name])
            return str(self._get_att(name, place) if "." in name else self._ref(name, place))

        return _PLACEHOLDER.sub(replace, text)

    def _if(self, node: Node, place: str) -> Any:
        if not isinstance(node, list) or len(node) != 3:
            raise TemplateError(place, "takes a condition and two values")
        return self.resolve(node[1] if self.condition(node[0], place) else node[2], place)

    def _equals(self, node: Node, place: str) -> bool:
        left, right = self._operands(node, place, 2)
        return str(left) == str(right)

    def _join(self, node: Node, place: str) -> str:
        separator, parts = self._operands(node, place, 2)
        return str(separator).join(str(part) for part in parts)

    def _split(self, node: Node, place: str) -> list[str]:
        separator, text = self._operands(node, place, 2)
        return str(text).split(str(separator))

    def _select(self, node: Node, place: str) -> Any:
        index, parts = self._operands(node, place, 2)
        try:
            return parts[int(index)]
        except (IndexError, ValueError):
            raise TemplateError(place, f"there is no part {index} of {len(parts)}") from None

    def _find_in_map(self, node: Node, place: str) -> Any:
        name, row, column = self._operands(node, place, 3)
        try:
            return self._mappings[name][str(row)][column]
        except KeyError:
            raise TemplateError(place, f"there is no '{name}.{row}.{column}' in Mappings") from None

    def _operands(self, node: Node, place: str, count: int | None = None) -> list[Any]:
        values = self.resolve(node, place)
        if not isinstance(values, list) or (count is not None and len(values) != count):
            raise TemplateError(place, f"takes a list of {count or 'some'} values")
        return values
