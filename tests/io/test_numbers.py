"""Numbers as users and programs write them."""

import math

import pytest

from neuroflow.io.numbers import decimal_mark, is_missing, is_number, other_mark, to_floats


@pytest.mark.parametrize(("cell", "expected"), [("NaN", True), ("0", False)])
def test_a_cell_may_stand_for_no_value(cell, expected):
    assert is_missing(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"), [("0,21", True), ("2.1e-1", True), ("1.2.3", False), ("NA", False)]
)
def test_a_number_has_a_point_or_a_comma(cell, expected):
    assert is_number(cell) is expected


def test_most_cells_decide_the_decimal_mark():
    assert decimal_mark(["0,21", "1", "NA"]) == ","


def test_cells_that_are_no_numbers_become_nan():
    assert to_floats(["0,5", "NA", "x", "21 %"], ",") == pytest.approx(
        [0.5, math.nan, math.nan, 0.21], nan_ok=True
    )


@pytest.mark.parametrize(
    ("cell", "number"), [("0,213", 0.213), ("1,171.5", 1171.5), ("1,234", math.nan)]
)
def test_another_decimal_mark_is_read_where_it_is_certain(cell, number):
    assert other_mark(cell, ".") == pytest.approx(number, nan_ok=True)
