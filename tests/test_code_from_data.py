"""No code is read from data: not from scans, tables, settings or caches of the package."""

import ast
import pickle
from pathlib import Path

import pytest

import neuroflow
from neuroflow.cli.inputs import read_effects
from neuroflow.errors import NeuroflowError

FILES = sorted(Path(neuroflow.__file__).parent.rglob("*.py"))
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code"}
CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "system", "popen", "from_pickle"}


def uses(tree):
    """Yield what of a program could run data as code, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from ((node.lineno, name) for name in names if name.split(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            is_builtin = isinstance(called, ast.Name) or name not in {"eval", "exec", "compile"}
            if name in CALLS and is_builtin:
                yield node.lineno, name
            for word in node.keywords:
                if word.arg in {"shell", "allow_pickle"} and ast.unparse(word.value) != "False":
                    yield node.lineno, word.arg


def test_nothing_in_the_package_runs_data_as_code():
    assert len(FILES) > 300
    found = [
        (path.name, *use)
        for path in FILES
        for use in uses(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from yaml import load", "eval(x)", "pd.read_pickle(x)", "os.system(x)",
     "subprocess.run(x, shell=True)", "np.load(x, allow_pickle=True)"],
)  # fmt: skip
def test_each_way_to_run_data_would_be_found(code):
    assert list(uses(ast.parse(code)))


class Trap:
    ran = False

    def __reduce__(self):
        return (exec, ("from test_code_from_data import Trap; Trap.ran = True",))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".parquet", ".pkl", ".npy"])
def test_a_table_that_is_a_pickle_is_refused(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(NeuroflowError):
        read_effects(path)
    assert not Trap.ran
