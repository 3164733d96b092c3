"""What the reference lists is documented in full; internal names have a short docstring."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import house
import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc

import neuroflow

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference.md"
CALLABLE = (staticmethod, classmethod)
RAISE_NOTHING = {
    "Workspace.close",
    "Workspace.cohorts",
    "demo.DemoSession.close",
    "demo.service.DemoService.stop",
    "demo.service.DemoService.wait_until_idle",
    "ledger.State.may_become",
    "service_norms",
    "plot.FigureSpec.arguments",
    "plot.FigureSpec.missing",
    "plot.Masks.find",
    "plot.Masks.has",
    "plot.Style.rc",
    "plot.caption",
    "plot.marks_of",
    "plot.order_systems",
    "plot.region_labels",
    "rules_table",
    "studies.CheckCache.get",
    "studies.CheckCache.put",
    "studies.CheckCache.save",
    "transfer.FolderLayout.has_cohorts_above",
    "transfer.FolderLayout.on_server",
    "transfer.Plan.frame",
    "transfer.Remote.close",
    "transfer.StatusUpdate.event",
    "workspace.Service.ask_passphrase_with",
    "workspace.Service.use_passphrase",
}


def find(name):
    """Return the object that the reference lists under a dotted name."""
    found = neuroflow
    for part in name.split("."):
        if inspect.ismodule(found) and not hasattr(found, part):
            found = importlib.import_module(f"{found.__name__}.{part}")
        else:
            found = getattr(found, part)
    return found


LISTED = {
    name: find(name)
    for name in re.findall(r"^   ([\w.]+)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
}
CLASSES = {name: found for name, found in LISTED.items() if inspect.isclass(found)}
METHODS = {
    f"{name}.{method}": getattr(found, method)
    for name, found in CLASSES.items()
    for method, value in vars(found).items()
    if not method.startswith("_") and (inspect.isfunction(value) or isinstance(value, CALLABLE))
}
FUNCTIONS = {name: found for name, found in LISTED.items() if inspect.isfunction(found)}


def described(doc):
    """Return the names of the parameters that a docstring describes."""
    found = (parameter.name.split(",") for parameter in doc["Parameters"] if parameter.desc)
    return {name.strip(" *") for names in found for name in names}


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_every_parameter_result_and_error_of_a_function_is_described(name):
    function = (FUNCTIONS | METHODS)[name]
    doc, signature = FunctionDoc(function), inspect.signature(function)
    assert described(doc) == set(signature.parameters) - {"self"}
    if signature.return_annotation not in {"None", None}:
        assert doc["Returns"] or doc["Yields"]
    assert bool(doc["Raises"]) == (name not in RAISE_NOTHING)


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_every_function_and_method_is_shown_in_an_example(name):
    owner, _, method = name.rpartition(".")
    texts = [inspect.getdoc((FUNCTIONS | METHODS)[name])]
    texts += [inspect.getdoc(CLASSES[owner])] if owner in CLASSES else []
    examples = "".join(text.partition("Examples\n---")[2] for text in texts)
    assert re.search(rf"^(>>>|\.\.\.) .*\b{method}\(", examples, re.MULTILINE)


@pytest.mark.parametrize(
    "name", [name for name, cls in CLASSES.items() if dataclasses.is_dataclass(cls)]
)
def test_every_field_of_a_value_is_described(name):
    fields = {field.name for field in dataclasses.fields(CLASSES[name]) if field.init}
    assert described(ClassDoc(CLASSES[name])) == fields


@pytest.fixture(scope="module")
def internal():
    """Return the docstrings of names that users do not import, by file and name."""
    return house.internal_docstrings(ROOT)


def test_an_internal_docstring_has_at_most_three_lines(internal):
    texts = {
        name: [line for line in text.splitlines() if line.strip()]
        for name, text in internal.items()
    }
    assert {name: len(lines) for name, lines in texts.items() if len(lines) > 3} == {}


def test_internal_docstrings_stay_short_together(internal):
    assert sum(text.count("\n") + 1 for text in internal.values()) < 4_000
