"""From the template to its wiring: what the local stack runs, checked for what it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidemark.stack import event_sources, properties, resources
from tidemark.stack.errors import TemplateError
from tidemark.stack.template import Template
from tidemark.stack.wiring import Wiring


def wire(template: Template) -> Wiring:
    """What the template wires. Raises TemplateError for what the local stack cannot do."""
    for resource in template.resources.values():
        if resource.type in properties.RESOURCES:
            properties.check(properties.RESOURCES[resource.type], resource.properties, f"{resource.place}.Properties")
    wiring = Wiring()
    wiring.tables = [resources.table(template, resource) for resource in template.of_type("AWS::DynamoDB::Table")]
    wiring.queues = [resources.queue(template, resource) for resource in template.of_type("AWS::SQS::Queue")]
    wiring.buses = ["default", *(resource.name for resource in template.of_type("AWS::Events::EventBus"))]
    wiring.buckets = [resource.name.lower() for resource in template.of_type("AWS::S3::Bucket")]
    wiring.layers = [
        template.folder / resource.properties["ContentUri"]
        for resource in template.of_type("AWS::Serverless::LayerVersion")
    ]
    wiring.rules = [resources.rule(resource) for resource in template.of_type("AWS::Events::Rule")]
    wiring.machines = [
        resources.machine(template, resource) for resource in template.of_type("AWS::Serverless::StateMachine")
    ]
    for api in template.of_type("AWS::Serverless::HttpApi"):
        wiring.authorizers.update(resources.authorizers(api))
    for resource in template.of_type("AWS::Serverless::Function"):
        wiring.functions.append(resources.function(template, resource))
        event_sources.add(template, wiring, resource)
    _check_targets(wiring)
    return wiring


def _check_targets(wiring: Wiring) -> None:
    """Every ARN that something is sent to or read from names something of this stack."""
    queues = {queue.arn for queue in wiring.queues}
    streams = {table.stream_arn for table in wiring.tables}
    functions = {function.arn for function in wiring.functions}
    wanted: list[tuple[str, str | None, Sequence[set[Any]]]] = []
    wanted += [(mapping.place, mapping.source_arn, [queues]) for mapping in wiring.queue_mappings]
    wanted += [(mapping.place, mapping.source_arn, [streams]) for mapping in wiring.streams]
    wanted += [(mapping.place, mapping.on_failure, [queues]) for mapping in wiring.streams]
    wanted += [(f"Resources.{one.id}", one.on_failure, [queues]) for one in wiring.functions]
    wanted += [(rule.place, target, [queues, functions]) for rule in wiring.rules for target in rule.targets]
    wanted += [(queue.name, queue.dead_letter_arn, [queues]) for queue in wiring.queues]
    for place, arn, known in wanted:
        if arn is not None and not any(arn in some for some in known):
            raise TemplateError(place, f"{arn} is not something that this stack runs")
    for rule in wiring.rules:
        if rule.bus not in wiring.buses:
            raise TemplateError(rule.place, f"there is no event bus '{rule.bus}'")
