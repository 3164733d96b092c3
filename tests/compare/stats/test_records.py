"""Records of the statistics: nothing changes them, and they have no attributes but their own."""

from support.records import changeable, records

from neuroflow.compare import stats


def test_records_are_frozen_and_have_slots():
    assert {"Sample", "Covariate", "LinearModel"} < {record.__name__ for record in records(stats)}
    # A table is filled in while a comparison is computed; a fit keeps its residuals.
    assert changeable(stats) == {"ResultTable", "Fit"}


def test_a_table_being_filled_takes_no_other_attributes():
    assert "__slots__" in vars(stats.ResultTable)


def test_the_numbers_of_a_fit_stay_as_they_are():
    (fit,) = (record for record in records(stats) if record.__name__ == "Fit")
    assert fit.__dataclass_params__.frozen
