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


def test_classes_of_a_new_control_need_no_message(monkeypatch):
    sent = []
    monkeypatch.setattr(private.VBox, "send_state", lambda _self, key=None: sent.append(key))
    box = private.VBox(classes="nf-form nf-wide")
    assert box.get_state()["_dom_classes"] == ("nf-form", "nf-wide")
    assert sent == []
    box.add_class("nf-header")
    assert sent != []
