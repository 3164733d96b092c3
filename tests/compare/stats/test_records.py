"""Records of the statistics: nothing changes them, and they have no attributes but their own."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table
from support.records import changeable, records

from neuroflow.compare import stats
from neuroflow.compare.stats.correlation import all_pairs
from neuroflow.compare.stats.linear import permuted
from neuroflow.matrix import read_cells


def test_records_are_frozen_and_have_slots():
    assert {"Sample", "Covariate", "LinearModel"} < {record.__name__ for record in records(stats)}
    # A table is filled in while a comparison is computed; a fit keeps its residuals.
    assert changeable(stats) == {"ResultTable", "Fit"}


@pytest.fixture
def made():
    """Return the records of a comparison, and its table of results."""
    cells = read_cells(normal_table({"Control": 6, "PSP": 6}, m=2), needed=["group"])
    sample = stats.choose_sample(cells, by="group")
    contrasts = stats.make_contrasts(sample.names)
    model = stats.LinearModel.prepare(sample, contrasts, by="group", confidence=0.95)
    results = model.fit(sample.cells.values)
    options = stats.Permutations(100, 0, None)
    p = pd.Series(results.numbers["p"].ravel())
    assert np.isfinite(permuted(model, sample, np.zeros(2, dtype=int), p, options)).all()
    found = all_pairs(cells.values, cells.values, (), "pearson")
    return [sample, model, options, found, *contrasts], results


def test_records_of_a_comparison_cannot_be_changed(made):
    for record in made[0]:
        name = dataclasses.fields(record)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)
        assert not hasattr(record, "__dict__")


def test_a_table_being_filled_takes_no_other_attributes(made):
    with pytest.raises(AttributeError):
        made[1].number = 1


def test_the_numbers_of_a_fit_stay_as_they_are():
    (fit,) = (record for record in records(stats) if record.__name__ == "Fit")
    assert fit.__dataclass_params__.frozen
