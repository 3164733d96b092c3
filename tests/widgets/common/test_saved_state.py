"""What a notebook saves of a table is its state: the rows are not in it."""

import json

import ipywidgets as widgets
import pandas as pd

from neuroflow.widgets.common import DataTable, FormModel

PATIENT = "MRN7654321"


def saved(widget):
    """Return the state of a widget and all in it, as a notebook would save it."""
    state = json.dumps(widget.get_state(), default=str)
    return state + "".join(saved(child) for child in getattr(widget, "children", ()))


def test_rows_are_no_part_of_what_a_notebook_saves():
    view = DataTable(FormModel(), "Studies", select="single")
    view.show(pd.DataFrame({"study": [PATIENT], "age": [61]}))
    assert PATIENT in view.children[0].rows
    assert PATIENT not in saved(view)
    assert isinstance(view, widgets.VBox)


def test_a_browser_that_draws_the_table_is_sent_its_rows(monkeypatch):
    view = DataTable(FormModel(), "Studies")
    view.show(pd.DataFrame({"study": [PATIENT]}))
    sent = []
    rows = view.children[0]
    monkeypatch.setattr(rows, "send", sent.append)
    rows._handle_custom_msg({"ask": "rows"}, [])
    assert json.loads(sent[0]["rows"])[0][0] == PATIENT
