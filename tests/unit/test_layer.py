"""The layer as `sam build` makes it: our code with byte code that nobody has to check or make again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "segment_core"
# PEP 552: of the flags behind the magic number, the first says that the byte code knows its source by a hash, and the
# second that the hash is compared.
HASHED, CHECKED = 1, 2


def test_every_module_has_byte_code_that_is_not_checked(tmp_path: Path) -> None:
    make = ["make", "-C", str(LAYER), "code", "bytecode", f"ARTIFACTS_DIR={tmp_path}", f"PYTHON={sys.executable}"]
    subprocess.run(make, check=True, capture_output=True)
    built = tmp_path / "python" / "segment_core"
    names = {path.relative_to(LAYER / "segment_core") for path in (LAYER / "segment_core").rglob("*.py")}
    assert {path.relative_to(built) for path in built.rglob("*.py")} == names
    compiled = list(built.rglob("*.pyc"))
    assert len(compiled) == len(names)
    for path in compiled:
        flags = int.from_bytes(path.read_bytes()[4:8], "little")
        assert flags & HASHED, path.name
        assert not flags & CHECKED, path.name


def test_the_template_names_the_target_and_the_runtime_that_it_builds_for() -> None:
    text = (LAYER / "Makefile").read_text("utf-8")
    template = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader=_Loader)  # noqa: S506 - it makes no objects
    (target,) = re.findall(r"^build-(\w+):", text, re.MULTILINE)
    layer = template["Resources"][target]
    assert layer["Type"] == "AWS::Serverless::LayerVersion"
    assert layer["Metadata"] == {"BuildMethod": "makefile", "BuildArchitecture": "arm64"}
    (runtime,) = layer["Properties"]["CompatibleRuntimes"]
    assert runtime == template["Globals"]["Function"]["Runtime"]
    assert re.search(rf"^PYTHON \?= {re.escape(runtime)}$", text, re.MULTILINE)
    assert f"--python-version {runtime.removeprefix('python')} " in text
    assert "aarch64" in text


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands behind them."""


_Loader.add_multi_constructor("!", lambda loader, _, node: getattr(node, "value", None))
