"""The name of a test is its behaviour, in ten words at most."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
LONGEST = 10


def names(text):
    nodes = ast.walk(ast.parse(text))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    return [each.name for each in functions if each.name.startswith("test_")]


def test_names_of_tests_have_at_most_ten_words():
    long = {
        f"{path.relative_to(HERE)}: {name}"
        for path in HERE.rglob("test_*.py")
        for name in names(path.read_text(encoding="utf-8"))
        if len(name.split("_")) - 1 > LONGEST
    }
    assert not long
