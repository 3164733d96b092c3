import numpy as np
import pandas as pd
import pytest
from support.forms import HOSTILE

from neuroflow.widgets.common.data_table import DataTable
from neuroflow.widgets.common.form_model import FormModel


def studies(*names):
    return pd.DataFrame({"study": list(names), "state": "sent"})


def view(frame, **options):
    table = DataTable(FormModel(), "Studies", **options)
    table.show(frame)
    return table


def sent(table):
    """Return the rows as the browser gets them."""
    return table.children[0].rows


def test_all_of_20000_rows_are_sent_to_the_browser():
    table = view(studies(*(f"sub-{n:05d}" for n in range(20_000))))
    assert len(sent(table)) == 20_000
    assert sent(table)[-1] == ["sub-19999", "sent", ""]


def test_empty_table_is_hidden():
    table = view(studies())
    assert table.layout.display == "none"
    table.show(studies("sub-1"))
    assert table.layout.display is None


def test_numbers_stay_numbers_and_what_is_missing_is_empty():
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "q": [0.5, np.nan],
            "ratio": [np.inf, 1.0],
            "sure": [True, False],
            "when": pd.to_datetime(["2026-01-02", None]),
            "group": pd.Categorical(["PSP", None]),
        }
    )
    table = view(frame)
    assert sent(table) == [
        [1, 0.5, "inf", "True", "2026-01-02", "PSP", ""],
        [None, None, 1.0, "False", None, None, ""],
    ]
    assert table.children[0].numeric == [True, True, True, False, False, False]


def test_row_carries_its_tone_after_its_cells():
    table = view(studies("sub-1"), tone=lambda state: {"sent": "good"}[state])
    assert sent(table) == [["sub-1", "sent", "good"]]
    assert table.children[0].tone_column == "state"


def test_selection_is_synchronized_with_the_browser():
    table = view(studies("a", "b"), select="single")
    table.children[0].selected = (1,)
    assert table.selected == (1,)
    table.selected = (0,)
    assert table.children[0].selected == (0,)


def test_selected_rows_are_kept_in_the_next_table():
    table = view(studies("a", "b", "c"), select="multiple")
    table.selected = (0, 2)
    table.show(studies("c", "d"))
    assert table.selected == (0,)
    table.show(studies())
    assert table.selected == ()


@pytest.mark.parametrize("column", ["study", HOSTILE])
def test_hostile_names_are_sent_as_plain_text(column):
    # What the browser makes of them is looked at in tests/browser.
    table = view(pd.DataFrame({column: [HOSTILE]}))
    assert sent(table)[0][0] == HOSTILE


def test_rows_with_same_name_are_distinguished_by_keys():
    table = DataTable(FormModel(), "Studies", select="single")
    table.show(studies("sub-1", "sub-1"), keys=["in A", "in B"])
    table.selected = (1,)
    table.show(studies("sub-0", "sub-1", "sub-1"), keys=["other", "in A", "in B"])
    assert table.selected == (2,)


def test_rows_are_sent_to_pages_once_and_then_changes(monkeypatch):
    table = view(studies("a", "b", "c"))
    messages = []
    monkeypatch.setattr(table.children[0], "send", messages.append)
    table.show(studies("a", "b", "d"))
    assert messages == []  # no page has drawn the table yet
    table.children[0]._handle_custom_msg({"ask": "rows"}, [])
    assert messages.pop() == {"rows": [[name, "sent", ""] for name in "abd"]}
    table.show(studies("a", "b", "c"))
    messages.clear()
    table.show(studies("a", "b", "c"))
    assert messages == []
    table.show(studies("a", "x", "c"))
    table.show(studies("a", "x"))
    assert messages == [
        {"changed": [[1, ["x", "sent", ""]]]},
        {"rows": [["a", "sent", ""], ["x", "sent", ""]]},
    ]


def test_rows_selected_with_a_table_begin_at_its_first_page():
    table = view(studies("a", "b"))
    rows = table.children[0]
    table.show(studies("c", "d"), selected=(1,))
    assert (table.selected, rows.selected, rows.starts) == ((1,), (1,), 1)
    table.show(studies("c", "d"))
    table.selected = (0,)
    assert (rows.selected, rows.starts) == ((0,), 1)
