"""Numbers as texts and tables print them."""

import math

import pytest

from neuroflow.matrix.formats import count_text, decimals_for, p_statement, p_text, percent_text


@pytest.mark.parametrize(("studies", "text"), [(5, "n = 5"), (6, "n = 5, 6 studies")])
def test_studies_are_counted_where_people_have_several(studies, text):
    assert count_text(5, studies) == text


@pytest.mark.parametrize(("share", "text"), [(0.95, "95%"), (0.999, "99.9%"), (0.975, "97.5%")])
def test_a_share_keeps_its_digits(share, text):
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("errors", "least", "decimals"), [([0.0121, 0.0135], 0, 3), ([2.1e-5], 0, 6), ([0.4], 3, 3)]
)
def test_standard_errors_decide_the_decimals(errors, least, decimals):
    assert decimals_for(errors, least=least) == decimals


@pytest.mark.parametrize(("p", "text"), [(0.0004, "< 0.001"), (0.0316, "0.032"), (math.nan, "–")])
def test_a_p_value_is_printed_as_in_journals(p, text):
    assert p_text(p) == text


@pytest.mark.parametrize(("q", "text"), [(0.0004, "q < 0.001"), (0.0316, "q = 0.032")])
def test_a_p_value_has_its_name_in_a_sentence(q, text):
    assert p_statement("q", q) == text
