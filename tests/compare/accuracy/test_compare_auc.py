import numpy as np
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError


def delong_by_pairs(scores, sick):
    """Return difference of areas and its variance from every pair of studies."""
    kernels = [(s[sick][:, None] > s[~sick]) + 0.5 * (s[sick][:, None] == s[~sick]) for s in scores]
    difference = kernels[0] - kernels[1]
    parts = difference.mean(axis=1), difference.mean(axis=0)
    return difference.mean(), sum(part.var(ddof=1) / len(part) for part in parts)


def test_pair_agrees_with_every_pair_of_studies(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    row = nf.compare_auc(table, ["SCP", "noise"]).iloc[0]
    one = table[table["region"] == "SCP"]
    scores = [one["value"].to_numpy(), one["noise"].to_numpy()]
    difference, variance = delong_by_pairs(scores, (one["group"] == "PSP").to_numpy())
    assert row["difference"] == pytest.approx(difference, abs=1e-12)
    assert row["se"] ** 2 == pytest.approx(variance, abs=1e-12)
    assert row["z"] == pytest.approx(difference / np.sqrt(variance))


def test_three_scores_give_three_pairs_corrected_together(cohort):
    found = nf.compare_auc(cohort({"Control": 20, "PSP": 30}), ["SCP", "pSN", "p_sick"])
    assert found[["score_1", "score_2"]].agg("-".join, axis=1).tolist() == [
        "SCP-pSN",
        "SCP-p_sick",
        "pSN-p_sick",
    ]
    assert (found["q"] >= found["p"]).all()


def test_studies_without_one_score_are_left_out_of_the_pair(cohort):
    table = cohort({"Control": 20, "PSP": 30}, missing=0.2)
    row = nf.compare_auc(table, ["SCP", "pSN"]).iloc[0]
    wide = table.pivot(index="study_id", columns="region", values="value").dropna()
    assert row["n_positive"] + row["n_negative"] == len(wide) < 50


def test_the_same_ranks_have_a_reason_and_no_p(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    table["double"] = table["noise"] * 2
    row = nf.compare_auc(table, ["noise", "double"]).iloc[0]
    assert row["difference"] == 0
    assert np.isnan(row["p"])
    assert "do not differ" in row["reason"]


def test_an_unknown_score_is_refused_by_name(cohort):
    with pytest.raises(OptionError, match="'mpc' is neither"):
        nf.compare_auc(cohort({"Control": 5, "PSP": 5}), ["SCP", "mpc"])


def test_one_score_alone_is_refused(cohort):
    with pytest.raises(OptionError, match="cannot be compared"):
        nf.compare_auc(cohort({"Control": 5, "PSP": 5}), ["SCP"])


def test_equal_scores_are_rarely_called_different(cohort):
    regions = [f"r{i}" for i in range(25)]
    table = cohort({"Control": 30, "PSP": 30}, regions=regions, shift=0, seed=3)
    found = nf.compare_auc(table, regions, correction="none")
    assert 0.01 < (found["p"] < 0.05).mean() < 0.10
