"""Messages that the command line or the forms show never ask their readers to write Python."""

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import neuroflow as nf
from neuroflow.errors import ResultWarning, Wording
from neuroflow.events import warn_user

ROOT = Path(nf.__file__).parent
FUNCTIONS = {name for name in dir(nf) + dir(nf.Workspace) if "_" in name.strip("_")}
PYTHON = re.compile(
    rf"\b(Workspace|ws|nf|plot|service|pd|pandas)\.\w|\b[a-z_]+=[\w\"'\[(.{{]|\bDataFrame\b"
    rf"|\b({'|'.join(FUNCTIONS)})\b(?!\.)"
)
ONLY_IN_PYTHON = (
    'Choose None, True, False or "impossible".',
    "Name it, for example metric=",
    "Name studies by their study_id, as Workspace.status()",
    "Pass masks=read_masks(...).",
    "Pass the DataFrame that",
    "Pass the path of participants.tsv",
    "Pass the table that compare_groups",
    "Pass the table that correlate_regions returns.",
    "Pass the table that z_scores returns.",
    "Pass what Workspace.cohort() returned",
    "Pass what `check` or `Workspace.check` returned.",
    "Pass what change_over_time",
    "Pass what compare_cohorts returned.",
    "Pass what find_studies(folder)",
    "The table must be a DataFrame",
    'Use method="mixed", or omit it.',
    "exclude_suspect must be one of",
    "most={} is not",
)
"""Texts about arguments that neither the command line nor a form can pass."""
URL = "Use a URL as on https://appriseit.com"


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return ""


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts below a call that have no wording of their own for each front end."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and ast.unparse(child.func) == "Wording":
            yield from (_text(each.value) for each in child.keywords if each.arg == "cli")
        elif text := _text(child):
            yield text
        else:
            yield from _texts(child)


def _messages(path: Path) -> Iterator[str]:
    """Yield the texts of all errors and warnings of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == "Wording":
                yield from (_text(each.value) for each in node.keywords if each.arg == "cli")
            elif name.endswith("Error") or name in ("warn_user", "require", "sentences"):
                yield from _texts(node)


def test_messages_for_terminals_and_forms_contain_no_python() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in ROOT.rglob("*.py")
        for text in _messages(path)
        if PYTHON.search(text) and not text.startswith((*ONLY_IN_PYTHON, URL))
    }

    assert not sorted(found)


def test_a_warning_reaches_each_front_end_in_its_words() -> None:
    text = Wording('Use method="welch".', cli="Use --method welch.", form="Use Welch's test.")

    with pytest.warns(ResultWarning) as caught:
        warn_user(Wording.sentences("Spreads differ.", text), ResultWarning)

    warning = caught[0].message
    assert str(warning) == 'Spreads differ. Use method="welch".'
    assert Wording.pick(warning, "cli") == "Spreads differ. Use --method welch."
    assert Wording.pick(warning, "form") == "Spreads differ. Use Welch's test."


def test_a_wording_survives_changes_and_pickling() -> None:
    text = Wording.changed(Wording("Use n=2.", cli="Use --n 2.", form="Choose 2."), str.upper)

    copied = pickle.loads(pickle.dumps(text))

    assert (copied, copied.cli, copied.form) == ("USE N=2.", "USE --N 2.", "CHOOSE 2.")
