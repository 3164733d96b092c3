"""What each criterion accepts, and how it is described."""

import pytest

from neuroflow.studies.protocol.criteria import (
    AtLeast,
    Between,
    Contains,
    NoneOf,
    Nothing,
    OneOf,
    Shells,
    WithinTolerance,
    describe_value,
)
from neuroflow.studies.sidecar import to_number


@pytest.mark.parametrize(
    ("criterion", "value"),
    [
        (Between(55, 104), 104),
        (WithinTolerance(3, 0.2), 2.894),
        (AtLeast(2), 2),
        (OneOf(("M", "F")), "M"),
        (Contains(("EP",)), "SE\\EP"),
        (Nothing(), 0),
        (NoneOf(2), ()),
        (Shells((0, 1000), 50), (0, 995)),
    ],
)
def test_a_value_within_a_criterion_is_accepted(criterion, value):
    assert criterion.is_met(value)


@pytest.mark.parametrize(
    ("criterion", "value"),
    [
        (Between(55, 104), 105),
        (WithinTolerance(3, 0.2), 2.7),
        (AtLeast(2), 1),
        (OneOf(("M", "F")), "O"),
        (Contains(("EP",)), "SE"),
        (Nothing(), ("EchoTime",)),
        (NoneOf(2), (5,)),
        (Shells((0, 1000), 50), (0, 1000, 2000)),
    ],
)
def test_a_value_beyond_a_criterion_is_refused(criterion, value):
    assert not criterion.is_met(value)


@pytest.mark.parametrize(
    ("criterion", "unit", "words"),
    [
        (Between(55, 104), "ms", "55–104 ms"),
        (WithinTolerance(3, 0.2), "T", "3 T"),
        (AtLeast(2), "images", "at least 2 images"),
        (OneOf(("M", "F")), "", "M or F"),
        (Contains(("EP",)), "", "EP"),
    ],
)
def test_a_criterion_is_described_with_its_unit(criterion, unit, words):
    assert criterion.describe(unit) == words


def test_only_the_first_of_many_values_are_named():
    assert NoneOf(2).measured((5, 7, 8)) == "3: 5, 7, ..."


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [((1.7, 1.7), "mm", "1.7 × 1.7 mm"), (False, "", "no"), (110.0, "ms", "110 ms")],
)
def test_a_measured_value_is_written_with_its_unit(value, unit, words):
    assert describe_value(value, unit) == words


@pytest.mark.parametrize(("value", "number"), [("3", 3.0), (None, None), ("NaN", None)])
def test_only_a_finite_number_is_one(value, number):
    assert to_number(value) == number
