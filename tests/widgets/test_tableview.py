import json

import numpy as np
import pandas as pd
import pytest

from neuroflow.widgets.common.data_table import DataTable
from neuroflow.widgets.common.form_model import FormModel

HOSTILE = "<img src=x onerror=alert(1)>"


def studies(*names):
    return pd.DataFrame({"study": list(names), "state": "sent"})


def view(frame, **options):
    table = DataTable(FormModel(), "Studies", **options)
    table.show(frame)
    return table


def sent(table):
    """Return the rows as the browser gets them."""
    return json.loads(table.children[0].rows)


def test_every_one_of_20000_rows_is_sent_to_the_browser():
    table = view(studies(*(f"sub-{n:05d}" for n in range(20_000))))
    assert len(sent(table)) == 20_000
    assert sent(table)[-1] == ["sub-19999", "sent", ""]


def test_nothing_to_show_takes_the_table_away():
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


def test_a_toned_row_carries_its_tone_behind_its_cells():
    table = view(studies("sub-1"), tone=lambda state: {"sent": "good"}[state])
    assert sent(table) == [["sub-1", "sent", "good"]]
    assert table.children[0].tone_column == "state"


def test_choosing_in_the_browser_and_in_the_kernel_is_the_same():
    table = view(studies("a", "b"), select="single")
    table.children[0].selected = (1,)
    assert table.selected == (1,)
    table.selected = (0,)
    assert table.children[0].selected == (0,)


def test_chosen_rows_are_found_again_in_the_next_table():
    table = view(studies("a", "b", "c"), select="multiple")
    table.selected = (0, 2)
    table.show(studies("c", "d"))
    assert table.selected == (0,)
    table.show(studies())
    assert table.selected == ()


@pytest.mark.parametrize("column", ["study", HOSTILE])
def test_hostile_names_go_to_the_browser_as_they_are_and_are_made_text_there(column):
    # What the browser makes of them is looked at in tests/browser.
    table = view(pd.DataFrame({column: [HOSTILE]}))
    assert sent(table)[0][0] == HOSTILE


def test_rows_with_the_same_name_are_told_apart_by_their_keys():
    table = DataTable(FormModel(), "Studies", select="single")
    table.show(studies("sub-1", "sub-1"), keys=["in A", "in B"])
    table.selected = (1,)
    table.show(studies("sub-0", "sub-1", "sub-1"), keys=["other", "in A", "in B"])
    assert table.selected == (2,)
