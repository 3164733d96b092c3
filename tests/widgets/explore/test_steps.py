"""Steps of Explore run, and are the code of a notebook cell."""

from pathlib import Path

import pandas as pd

from neuroflow.widgets.explore.code import code_cell
from neuroflow.widgets.explore.export import export_methods
from neuroflow.widgets.explore.steps import Call, KeepRows

CELL = """import neuroflow as nf

with nf.Workspace('project') as ws:
    table = ws.table()
table = table[table["group"].isin(['PD'])]
ax = nf.plot.heatmap(table)
ax"""


def test_steps_become_a_cell_that_needs_nothing_else():
    steps = [KeepRows("group", ("PD",)), Call("ax", "plot.heatmap", "table")]
    assert code_cell(Path("project"), steps) == CELL


def test_only_rows_with_a_value_are_kept():
    scope = {"table": pd.DataFrame({"group": ["PSP", "PD"]})}
    KeepRows("group", ("PSP",)).run(scope)
    assert scope["table"]["group"].tolist() == ["PSP"]


def test_a_second_export_has_a_name_of_its_own(tmp_path):
    names = [export_methods(tmp_path, text)[0].name for text in ("Compared.", "Anew.")]
    assert names == ["methods.txt", "methods-2.txt"]
