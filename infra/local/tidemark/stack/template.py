"""Reading template.yaml: parameters, conditions and mappings worked out, Globals merged in.

What comes out is the only wiring that the local stack has. Resources whose condition is false are gone,
and no reference is left unresolved, also not in parts that only AWS reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidemark.stack import intrinsics
from tidemark.stack.errors import TemplateError
from tidemark.stack.names import NAMING, Names

_SECTIONS = {
    "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Mappings", "Conditions",
    "Globals", "Resources", "Outputs",
}  # fmt: skip
_GLOBAL_TYPES = {"Function": "AWS::Serverless::Function", "HttpApi": "AWS::Serverless::HttpApi"}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its place in the template, its type, its name here, and its resolved properties."""

    id: str
    type: str
    name: str
    properties: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it is in the template."""
        return f"Resources.{self.id}"


@dataclass(frozen=True, slots=True)
class Template:
    """A resolved template. `folder` is where its relative paths begin."""

    folder: Path
    names: Names
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]

    def of_type(self, kind: str) -> list[Resource]:
        """All resources of one type, in the order of the template."""
        return [resource for resource in self.resources.values() if resource.type == kind]


def read(path: Path, names: Names, given: Mapping[str, Any]) -> Template:
    """The template, resolved with the given parameter values. Raises TemplateError."""
    source = intrinsics.load(path.read_text(encoding="utf-8"))
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise TemplateError(path.name, "has no Resources")
    if unknown := sorted(set(source) - _SECTIONS):
        raise TemplateError(path.name, f"the local stack does not know the section '{unknown[0]}'")
    return _Reading(path, names, source, given).template()


class _Reading:
    """One reading of one template."""

    def __init__(self, path: Path, names: Names, source: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._folder = path.resolve().parent
        self._names = names
        self._source = source
        values = _parameters(source, given, names.api_url)
        self._resolver = intrinsics.Resolver(
            parameters={**values, **names.pseudo_parameters()},
            mappings=source.get("Mappings", {}),
            conditions=source.get("Conditions", {}),
            reference=self._reference,
            attribute=self._attribute,
        )
        self._there = {id: body for id, body in source["Resources"].items() if self._exists(id, body)}

    def template(self) -> Template:
        """Everything, resolved."""
        outputs = {
            name: self._resolver.resolve(output.get("Value"), f"Outputs.{name}.Value")
            for name, output in self._source.get("Outputs", {}).items()
            if "Condition" not in output or self._resolver.condition(output["Condition"], f"Outputs.{name}")
        }
        resources = {id: self._resource(id, body) for id, body in self._there.items()}
        return Template(self._folder, self._names, resources, outputs)

    def _exists(self, id: str, body: Mapping[str, Any]) -> bool:
        place = f"Resources.{id}"
        if body.get("Type") not in NAMING:
            raise TemplateError(place, f"the local stack does not know the type '{body.get('Type')}'")
        return "Condition" not in body or self._resolver.condition(body["Condition"], place)

    def _resource(self, id: str, body: Mapping[str, Any]) -> Resource:
        place = f"Resources.{id}.Properties"
        properties = body.get("Properties", {})
        for section, kind in _GLOBAL_TYPES.items():
            if body["Type"] == kind:
                properties = _merged(self._source.get("Globals", {}).get(section, {}), properties)
        return Resource(id, body["Type"], self._name(id), self._resolver.resolve(properties, place))

    def _name(self, id: str) -> str:
        """Its own name where the template gives one, else one made of the stack's."""
        body = self._there[id]
        explicit = NAMING[body["Type"]].explicit
        properties = body.get("Properties", {})
        if explicit and explicit in properties:
            return str(self._resolver.resolve(properties[explicit], f"Resources.{id}.Properties.{explicit}"))
        return f"{self._names.stack}-{id}"

    def _reference(self, id: str) -> Any:
        naming = NAMING[self._there[id]["Type"]]
        return naming.ref(self._names, self._name(id))

    def _attribute(self, id: str, attribute: str) -> Any:
        naming = NAMING[self._there[id]["Type"]]
        return naming.attributes[attribute](self._names, self._name(id))


def _merged(base: Any, own: Any) -> Any:
    """SAM's Globals: mappings are merged, lists are appended to, anything else is replaced."""
    if isinstance(base, dict) and isinstance(own, dict):
        return {**base, **{name: _merged(base[name], own[name]) if name in base else own[name] for name in own}}
    if isinstance(base, list) and isinstance(own, list):
        return base + own
    return own


def _parameters(source: Mapping[str, Any], given: Mapping[str, Any], api_url: str) -> dict[str, Any]:
    declared: Mapping[str, Any] = source.get("Parameters", {})
    if unknown := sorted(set(given) - set(declared)):
        raise TemplateError("Parameters", f"the template has no parameter '{unknown[0]}'")
    values = {}
    for name, about in declared.items():
        if name in given:
            values[name] = given[name]
        elif "Default" in about:
            values[name] = about["Default"]
        elif name in _issuer_parameters(source):
            values[name] = api_url
        else:
            raise TemplateError(f"Parameters.{name}", "has no default; give it a value")
        _check(name, about, values[name])
        if about.get("Type") == "CommaDelimitedList" and isinstance(values[name], str):
            values[name] = [part.strip() for part in values[name].split(",")]
    return values


def _check(name: str, about: Mapping[str, Any], value: Any) -> None:
    place = f"Parameters.{name}"
    if "AllowedValues" in about and str(value) not in map(str, about["AllowedValues"]):
        raise TemplateError(place, f"'{value}' is not one of {about['AllowedValues']}")
    if "AllowedPattern" in about and not re.fullmatch(about["AllowedPattern"], str(value)):
        raise TemplateError(place, f"'{value}' does not match {about['AllowedPattern']}")


def _issuer_parameters(source: Mapping[str, Any]) -> set[str]:
    """Parameters that name the issuer of tokens: without a value, it is the issuer of this stack."""
    names = set()
    for body in source["Resources"].values():
        authorizers = body.get("Properties", {}).get("Auth", {}).get("Authorizers", {})
        for authorizer in authorizers.values():
            issuer = authorizer.get("JwtConfiguration", {}).get("issuer")
            if isinstance(issuer, dict) and "Ref" in issuer:
                names.add(issuer["Ref"])
    return names
