"""What the embedded service writes is understood completely."""

from datetime import UTC, datetime

import numpy as np
import pytest

from neuroflow.demo.service.aidp import LAYOUTS, aidp_text
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.report import failure_text, predict, prediction_text
from neuroflow.matrix.regions import resolve
from neuroflow.results.aidp.reader import AidpReader
from neuroflow.results.reports import parse_report

AT = datetime(2025, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def values():
    return simulate(Subject("01", "PSP", 70.0, "M"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values(values, layout):
    file = AidpReader().parse(aidp_text(values, "s1", layout).encode(), "aidp.csv")
    assert (file.layout, file.warnings) == (layout, ((),))
    read = dict(zip(file.names, file.values[0], strict=True))
    for row in values.itertuples():
        np.testing.assert_allclose(read[_name(row)], row.value, atol=1e-6)
    assert len(read) == len(values) == 132


def _name(row):
    name = resolve(f"{row.region}_{row.metric}")
    return type(name)(*(getattr(name, field) for field in list(name.__slots__)[:-1]))


def test_reports(values):
    told = predict(values)
    found = parse_report(prediction_text(told, "s1", AT))
    assert found.order_id == "s1"
    assert found.date == AT.date()
    assert found.classes["atypical"] == pytest.approx(told.atypical, abs=1e-4)
    printed = {region: each.value for region, each in found.biomarkers.items()}
    assert printed == pytest.approx(dict(told.biomarkers), abs=1e-4)
    assert (found.failure, found.share, found.warnings) == ("", 1, ())


def test_failure_reports():
    found = parse_report(failure_text("The zip is empty.", "s1", AT))
    assert (found.failure, found.share) == ("The zip is empty.", 1)
