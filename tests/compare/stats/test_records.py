"""Records of the statistics: nothing changes them, and they have no attributes but their own."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from neuroflow.compare import stats


def records():
    for module in pkgutil.walk_packages(stats.__path__, f"{stats.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if dataclasses.is_dataclass(value) and value.__module__ == module.name:
                yield value


RECORDS = list(records())
FILLED = {"ResultTable"}  # in place, while a comparison is computed
CACHING = {"Fit"}  # its residuals


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: one.__name__)
def test_records_are_frozen_and_have_slots(record):
    assert record.__dataclass_params__.frozen == (record.__name__ not in FILLED)
    assert ("__slots__" in vars(record)) == (record.__name__ not in CACHING)


def test_all_records_are_found():
    assert {"Sample", "Covariate", "LinearModel", "Correlations"} <= {r.__name__ for r in RECORDS}
