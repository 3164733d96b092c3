"""Some of the situations of docs/coverage.md are simulated again, with fewer draws."""

import re
import warnings

import make_coverage
import numpy as np
import pytest
from coverage_cases import CASES
from simulated_groups import FALSE
from support.comparison_tables import long, people

import neuroflow as nf
from neuroflow.compare.stats.shifted_ranks import shift_coverage
from neuroflow.compare.stats.two_groups import mann_whitney
from neuroflow.errors import ResultWarning

DRAWS = 400
CHOSEN = [
    case
    for case in CASES
    if case.holds
    and any(
        words in f"{case.part}, {case.what}"
        for words in (
            "15 v 15, truth of 2 SD",
            "4 visits, truth of 2 SD",
            "age, truth of 0.8 SD",
            "`interaction`",
            "three groups, F",
            "truth 0.9, 40 v 40",
            "mean of 6 of 10 to 60, tau 0.2",
            "20 controls, adjusted",
            "0.5, two covariates",
            "area 0.85, 50 v 50",
            "`plot.bland_altman`",
        )
    )
]


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: f"{case.part} {case.what}")
def test_intervals_hold_the_truth_as_often_as_the_page_says(case):
    for name, share in make_coverage.measure(case, DRAWS).items():
        if name == FALSE:
            assert share < 0.1
        else:
            assert share > 0.9


def test_page_lists_every_case():
    known = {key[:2] for key in make_coverage.read_page()}
    assert {(case.part, case.what) for case in CASES} == known


def uneven(sizes, spread, seed=0, m=20):
    studies = people({"Control": sizes[0], "PSP": sizes[1]})
    sick = (studies["group"] == "PSP").to_numpy()[:, None]
    noise = np.random.default_rng(seed).normal(size=(len(studies), m))
    return long(studies, np.where(sick, spread, 1.0) * noise)


def test_unequal_spread_is_noted_with_the_expected_coverage():
    with pytest.warns(ResultWarning, match="may hold the truth"):
        text = nf.methods_text(nf.compare_groups(uneven((50, 10), 4.0)))
    assert "95% intervals may hold the truth in only" in text
    assert re.search(r"spread differs so much in \d+ of 20 comparisons", text)


@pytest.mark.parametrize("options", [{"robust": "HC3"}, {"method": "welch"}])
def test_methods_for_unequal_spread_warn_of_nothing(options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        effects = nf.compare_groups(uneven((50, 10), 4.0), **options)
    assert not any("may hold" in note for note in effects.attrs.get("interval_notes", []))


def test_equal_spread_is_noted_hardly_ever():
    found = [nf.compare_groups(uneven((50, 10), 1.0, seed)).attrs for seed in range(10)]
    assert sum("interval_notes" in facts for facts in found) <= 1


def test_small_group_under_hc3_is_warned_of():
    with pytest.warns(ResultWarning, match="a group is small in 20 of 20 comparisons"):
        nf.compare_groups(uneven((20, 4), 3.0), robust="HC3")


def test_expected_coverage_is_that_of_simulated_unequal_spread():
    with pytest.warns(ResultWarning, match="may hold the truth"):
        effects = nf.compare_groups(uneven((50, 10), 3.0, m=3000))
    inside = (effects["ci_low"] <= 0) & (effects["ci_high"] >= 0)
    assert inside.mean() == pytest.approx(0.71, abs=0.03)
    (note,) = effects.attrs["interval_notes"]
    least = int(re.search(r"only (\d+)%", note)[1])
    assert 45 <= least <= 71


@pytest.mark.parametrize(
    ("method", "better"), [("linear", 'robust="HC3"'), ("mannwhitney", 'method="welch"')]
)
def test_unequal_spread_of_many_comparisons_warns_once(method, better):
    with pytest.warns(ResultWarning, match="may hold the truth in only") as found:
        effects = nf.compare_groups(uneven((50, 10), 4.0), method=method)
    (message,) = (str(one.message) for one in found)
    assert better in message
    assert effects.attrs["interval_notes"][0] in message


def test_expected_coverage_of_shifts_is_that_of_simulated_ranks():
    rng = np.random.default_rng(3)
    for spread in ((3.0, 1.0), (1.0, 3.0)):
        first, second = rng.normal(size=(10, 300)), rng.normal(size=(50, 300))
        first, second = spread[0] * first, spread[1] * second
        found = mann_whitney(first, second, 0.95)
        inside = ((found["ci_low"] <= 0) & (found["ci_high"] >= 0)).mean()
        expected = shift_coverage(first, second, found["estimate"], 0.95)
        assert np.nanmean(expected) == pytest.approx(inside, abs=0.05)
