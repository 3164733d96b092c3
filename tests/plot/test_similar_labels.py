"""Figures warn where two labels of a group may be one."""

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import ResultWarning


@pytest.fixture
def table():
    people = list("abcdefgh")
    rng = np.random.default_rng(3)
    visits = pd.DataFrame(
        {"participant_id": people * 2, "group": (["HC"] * 4 + ["control"] * 4) * 2}
    )
    visits["study_id"] = [f"s{i}" for i in range(len(visits))]
    visits["age"] = np.repeat([60.0, 61.0], len(people)) + np.arange(len(visits)) % 5
    visits["updrs"] = rng.normal(20, 5, len(visits))
    return visits.assign(region="SCP", metric="FW", value=rng.uniform(0.2, 0.5, len(visits)))


@pytest.mark.parametrize("name", ["strip", "raincloud", "ecdf", "trajectory", "scatter"])
def test_a_figure_warns_of_labels_that_may_be_one(table, name):
    more = {"trajectory": ("SCP",), "ecdf": ("SCP",), "scatter": ("updrs", "SCP")}.get(name, ())
    first = {"visit": "first"} if name == "scatter" else {}
    with pytest.warns(ResultWarning, match="'HC' and 'control'"):
        getattr(nf.plot, name)(table, *more, **first)
