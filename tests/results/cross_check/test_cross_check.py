"""Reports and tables prove each other; a study is accused only where others agree."""

import numpy as np
import pytest

from neuroflow.matrix import resolve
from neuroflow.results.cross_check import cross_check
from neuroflow.results.reports import Biomarker

REGIONS = ("MCP", "Putamen", "SCP", "pSN")
CONTROLS = np.array([[0.0738, 0.0259], [0.1765, 0.0610], [0.2989, 0.0762], [0.1753, 0.0420]])
NAMES = [resolve(f"{region}_{metric}") for metric in ("FW", "FA") for region in REGIONS]
IDS = [f"s{n}" for n in range(20)]


def draw(rng, n=20):
    """Return tables of n studies: free water of the four regions, then anisotropy."""
    free_water = rng.normal(CONTROLS[:, 0], CONTROLS[:, 1], (n, 4)).clip(0.001, 0.999)
    return np.hstack([free_water, rng.uniform(0.2, 0.8, (n, 4))])


def reports_of(matrix, digits=4, regions=REGIONS, factor=1):
    return [
        {
            region: Biomarker(round(factor * float(row[REGIONS.index(region)]), digits), digits)
            for region in regions
        }
        for row in matrix
    ]


def results(found):
    return [outcome.result for outcome in found.outcomes.values()]


@pytest.mark.parametrize("digits", [2, 3, 4])
@pytest.mark.parametrize("decimals", [2, 4, 6, 17])
def test_right_studies_agree_at_any_precision(digits, decimals):
    matrix = draw(np.random.default_rng(1)).round(decimals)
    found = cross_check(IDS, reports_of(draw(np.random.default_rng(1)), digits), NAMES, matrix)
    assert results(found) == ["agrees"] * 20
    assert (found.accused, found.remarks) == ([], ())


def test_two_swapped_studies_are_found_in_100_of_100_draws():
    rng = np.random.default_rng(17)
    for _ in range(100):
        matrix = draw(rng)
        reports = reports_of(matrix)
        one, other = rng.choice(20, 2, replace=False)
        reports[one], reports[other] = reports[other], reports[one]
        found = cross_check(IDS, reports, NAMES, matrix)
        assert set(found.accused) == {IDS[one], IDS[other]}
        assert f"matches the aidp.csv of {IDS[other]};" in found.outcomes[IDS[one]].detail
        assert f"matches the aidp.csv of {IDS[one]};" in found.outcomes[IDS[other]].detail


def test_a_right_study_is_never_accused_in_10_000():
    rng = np.random.default_rng(18)
    for n in range(520):  # 10,140 right ones
        digits, decimals = (2, 3, 4)[n % 3], (3, 4, 5, 6, 17)[n % 5]
        matrix = draw(rng)
        reports = reports_of(matrix, digits)
        if n % 2:  # also beside a wrong one
            reports[0] = reports_of(draw(rng), digits)[0]
        found = cross_check(IDS, reports, NAMES, matrix.round(decimals))
        assert set(found.accused) <= {"s0"}
        assert set(results(found)[1:]) == {"agrees"}


@pytest.mark.parametrize("digits", [2, 4])
def test_where_all_differ_alike_no_study_is_accused(digits):
    matrix = draw(np.random.default_rng(2))
    other = reports_of(draw(np.random.default_rng(3)), digits)
    found = cross_check(IDS, other, NAMES, matrix)
    assert found.accused == []
    assert "measure different things, so no study is flagged" in found.remarks[0]
    assert "differs" in results(found)


def test_a_region_that_means_another_thing_everywhere_accuses_nobody():
    matrix = draw(np.random.default_rng(4))
    reports = reports_of(matrix)
    for report, row in zip(reports, matrix, strict=True):
        report["SCP"] = Biomarker(round(float(row[6]), 4), 4)  # its anisotropy
    found = cross_check(IDS, reports, NAMES, matrix)
    assert found.accused == []
    (remark,) = found.remarks
    assert "SCP in 20 of 20 studies: the report's SCP is FA in aidp.csv" in remark
    assert "MCP" not in remark


def test_another_region_under_the_name_is_named():
    matrix = draw(np.random.default_rng(5))
    names = [*NAMES, resolve("Cerebellar_SCP_FW")]
    wide = np.hstack([matrix, np.linspace(0.1, 0.3, 20)[:, None]])
    reports = reports_of(matrix)
    for report, row in zip(reports, wide, strict=True):
        report["SCP"] = Biomarker(round(float(row[8]), 4), 4)
    (remark,) = cross_check(IDS, reports, names, wide).remarks
    assert f"the report's SCP is {names[8].region} in aidp.csv" in remark


@pytest.mark.parametrize("which", ["all", "one"])
def test_percentages_in_the_table_are_reported_as_a_unit_difference(which):
    matrix = draw(np.random.default_rng(6))
    reports = reports_of(matrix)
    if which == "all":
        matrix = 100 * matrix
        found = cross_check(IDS, reports, NAMES, matrix)
        assert found.accused == []
        assert "aidp.csv seems to be in percent" in found.remarks[0]
    else:
        matrix[3] *= 100
        found = cross_check(IDS, reports, NAMES, matrix)
        assert found.accused == ["s3"]
        assert "aidp.csv seems to be in percent" in found.outcomes["s3"].detail


def test_a_study_alone_that_differs_is_not_accused():
    matrix = draw(np.random.default_rng(7), 1)
    reports = reports_of(matrix + 0.1)
    found = cross_check(["s"], reports, NAMES, matrix)
    outcome = found.outcomes["s"]
    assert (outcome.result, outcome.is_accused) == ("differs", False)
    assert "no other study to compare with" in outcome.detail


def test_what_cannot_be_compared_is_said():
    matrix = draw(np.random.default_rng(8), 3)
    matrix[1] = np.nan
    reports = reports_of(matrix)
    reports[0] = {}
    reports[1] = {"pSN": Biomarker(0.2, 4)}
    found = cross_check(["a", "b", "c"], reports, NAMES, matrix)
    assert results(found) == ["not compared", "not compared", "agrees"]
    assert cross_check([], [], [], np.empty((0, 0))).outcomes == {}


def test_the_detail_says_which_and_by_how_much():
    matrix = draw(np.random.default_rng(9))
    reports = reports_of(matrix)
    matrix[4, 3] = 0.3127
    reports[4]["pSN"] = Biomarker(0.2293, 4)
    found = cross_check(IDS, reports, NAMES, matrix)
    assert found.accused == ["s4"]
    assert "pSN is 0.2293 in the report and 0.3127 in aidp.csv" in found.outcomes["s4"].detail


def test_ten_thousand_studies_take_a_moment():
    rng = np.random.default_rng(10)
    matrix = draw(rng, 10_000)
    reports = reports_of(matrix)
    reports[:500] = [*reports[1:500], reports[0]]  # a row lost: everything after it has moved
    found = cross_check([str(n) for n in range(10_000)], reports, NAMES, matrix)
    assert found.counts == {"agrees": 9500, "differs": 500}
    assert "matches the aidp.csv of 1;" in found.outcomes["0"].detail
