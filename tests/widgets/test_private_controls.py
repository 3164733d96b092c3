"""The forms take every control with contents from one place, which keeps it out of notebooks."""

import re
from pathlib import Path

import neuroflow.widgets
from neuroflow.widgets.common import private

KINDS = [name for name in vars(private) if hasattr(private.widgets, name)]


def test_forms_use_no_control_whose_contents_a_notebook_saves():
    assert len(KINDS) > 10
    pattern = re.compile(rf"\bwidgets\.({'|'.join(KINDS)})\b")
    root = Path(neuroflow.widgets.__file__).parent
    files = [path for path in root.rglob("*.py") if path.name != "private.py"]
    assert [path.name for path in files if pattern.search(path.read_text("utf-8"))] == []
