"""What CloudFormation really gets: the template after the SAM transform, made without AWS.

Linters look at `AWS::Serverless` resources only from outside; what is wrong inside an event source or
a policy shows in the expansion alone.

    python infra/expand.py template.yaml STAGE > build/expanded-STAGE.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# What the template leaves to whoever deploys it; any value of the right form will do here.
REGION = "eu-west-1"
PARAMETERS = {"JwtIssuer": "https://issuer.example.com", "JwtAudience": "tidemark"}


def source(template: Path) -> dict[str, Any]:
    """The template as written, with intrinsic functions in their long form."""
    parsed: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    return parsed


def expanded(template: Path, stage: str) -> dict[str, Any]:
    """The template as plain CloudFormation for a stage. Raises `InvalidDocumentException` with all faults."""
    # The template names no managed policy, so the map from their names to ARNs is empty.
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    result: dict[str, Any] = translator.translate(_packaged(source(template)), {**PARAMETERS, "Stage": stage})
    return result


def _packaged(template: dict[str, Any]) -> dict[str, Any]:
    # The transform takes only what packaging has been over: each directory and file replaced by its upload.
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri", "DefinitionUri"} & properties.keys():
            properties[name] = f"s3://packaged/{properties[name]}"
    return template


def main(arguments: list[str]) -> None:
    """Print the expansion of a template for a stage as JSON."""
    template, stage = arguments
    json.dump(expanded(Path(template), stage), sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
