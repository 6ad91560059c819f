"""Every function runs the same way, from a file that exists, with exactly the environment that it reads."""

from __future__ import annotations

import ast
from datetime import timedelta

from segment_core.runtime import environment
from segment_core.runtime.environment import Environment
from segment_core.segments import limits
from segment_core.store import history

from .stack import ROOT, Stack, referenced

# What the libraries read, beside what our own code does.
LIBRARY_VARIABLES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}

# AWS's default, for all functions of a region.
CONCURRENCY_OF_AN_ACCOUNT = 1000


def _models() -> dict[str, type[Environment]]:
    return {model.__name__.removesuffix("Environment").lower(): model for model in Environment.__subclasses__()}


def test_the_template_has_the_functions_that_exist(stack: Stack) -> None:
    assert stack.functions().keys() == {path.parent.name for path in ROOT.glob("functions/*/app.py")}


def test_every_function_runs_on_the_same_platform(stack: Stack) -> None:
    for name, function in stack.functions().items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}, name
        assert len(function["Layers"]) == 1, name


def test_every_function_has_its_own_logs_and_they_expire(stack: Stack) -> None:
    groups = stack.all("Logs::LogGroup")
    used = []
    for name, function in stack.functions().items():
        logging = function["LoggingConfig"]
        assert logging["LogFormat"] == "JSON", name
        # The platform drops what is below its level before anybody sees it.
        assert logging["ApplicationLogLevel"] == function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"], name
        used.append(referenced(logging["LogGroup"]))
        assert groups[used[-1]]["RetentionInDays"] >= 7, name
    assert len(set(used)) == len(used)


def test_every_handler_exists(stack: Stack) -> None:
    for name, function in stack.functions().items():
        module, _, handler = function["Handler"].partition(".")
        tree = ast.parse((ROOT / "functions" / name / f"{module}.py").read_text(encoding="utf-8"))
        assert handler in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_a_function_is_given_exactly_what_its_model_reads(stack: Stack) -> None:
    given = {name: function["Environment"]["Variables"].keys() for name, function in stack.functions().items()}
    read = {name: {field.upper() for field in model.model_fields} for name, model in _models().items()}
    assert {name: names - LIBRARY_VARIABLES for name, names in given.items()} == read
    assert all(names >= LIBRARY_VARIABLES for names in given.values())


def test_a_function_goes_by_the_name_of_its_directory(stack: Stack) -> None:
    for name, function in stack.functions().items():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == name


def test_every_variable_points_at_what_it_is_called(stack: Stack) -> None:
    for name, function in stack.functions().items():
        for variable, value in function["Environment"]["Variables"].items():
            if variable.endswith(("_TABLE", "_QUEUE_URL")):
                words = variable.removesuffix("_URL").lower().split("_")
                assert referenced(value) == "".join(map(str.capitalize, words)), (name, variable)


def test_all_environments_are_of_one_module() -> None:
    # Subclasses are found by having been imported: one elsewhere would be compared only sometimes.
    assert {model.__module__ for model in Environment.__subclasses__()} == {environment.__name__}


def test_the_layer_is_built_for_what_the_functions_run_on(stack: Stack) -> None:
    (layer,) = stack.all("Lambda::LayerVersion").values()
    functions = stack.functions().values()
    assert [layer["CompatibleRuntimes"]] == [[runtime] for runtime in {f["Runtime"] for f in functions}]
    assert all(layer["CompatibleArchitectures"] == function["Architectures"] for function in functions)
    metadata = stack.source["Resources"]["SegmentCoreLayer"]["Metadata"]
    assert metadata == {"BuildMethod": "makefile", "BuildArchitecture": "arm64"}


def test_stores_and_readers_cannot_take_the_concurrency_of_the_others(stack: Stack) -> None:
    reserved = {
        name: function["ReservedConcurrentExecutions"]
        for name, function in stack.functions().items()
        if function.get("ReservedConcurrentExecutions") != {"Ref": "AWS::NoValue"}
        and "ReservedConcurrentExecutions" in function
    }
    if stack.stage == "prod":
        assert reserved.keys() == {"webhook", "api"}
        # Queues and streams live on the rest; Lambda itself wants 100 of it unreserved.
        queues = stack.source["Mappings"]["Stages"]["prod"]["MaximumConcurrency"]
        assert sum(reserved.values()) + 2 * queues + 100 <= CONCURRENCY_OF_AN_ACCOUNT
    else:
        # A new account may have no more than ten in all: whoever tries the stack must be able to.
        assert reserved == {}


def test_settings_of_the_operator_are_what_the_core_does_without_them(stack: Stack) -> None:
    defaults = {name: about.get("Default") for name, about in stack.source["Parameters"].items()}
    assert timedelta(days=defaults["HistoryDays"]) == history.KEPT
    room = limits.Room(*(defaults[name] for name in ("DefinitionsPerShop", "BuildsPerShop", "PreviewsPerMinute")))
    assert room == limits.Room()
    assert stack.functions()["project"]["Environment"]["Variables"]["HISTORY_DAYS"] == {"Ref": "HistoryDays"}
    given = stack.functions()["api"]["Environment"]["Variables"]["DEFINITIONS_PER_SHOP"]
    assert given == {"Ref": "DefinitionsPerShop"}
