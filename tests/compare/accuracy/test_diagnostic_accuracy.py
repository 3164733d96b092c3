import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError, TableError


def test_counts_at_a_given_cutoff_are_right(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    row = nf.diagnostic_accuracy(table, cutoff=0.32).iloc[0]
    values = table[table["region"] == "SCP"]
    above = values["value"] >= 0.32
    sick = values["group"] == "PSP"
    assert [row[name] for name in ("tp", "fn", "fp", "tn")] == [
        (above & sick).sum(),
        (~above & sick).sum(),
        (above & ~sick).sum(),
        (~above & ~sick).sum(),
    ]
    assert row["ppv"] == row["tp"] / (row["tp"] + row["fp"])


def test_exact_intervals_agree_with_statsmodels(cohort):
    found = nf.diagnostic_accuracy(cohort({"Control": 20, "PSP": 30}), cutoff=0.32)
    for _, row in found.iterrows():
        for name, hits, n in (
            ("sensitivity", row["tp"], row["tp"] + row["fn"]),
            ("npv", row["tn"], row["tn"] + row["fn"]),
        ):
            low, high = proportion_confint(hits, n, method="beta")
            assert row[f"{name}_ci_low"] == pytest.approx(low, abs=1e-12)
            assert row[f"{name}_ci_high"] == pytest.approx(high, abs=1e-12)


def test_likelihood_ratios_follow_their_formula(cohort):
    row = nf.diagnostic_accuracy(cohort({"Control": 20, "PSP": 30}), cutoff=0.32).iloc[0]
    ratio = row["sensitivity"] / (1 - row["specificity"])
    se = np.sqrt(1 / row["tp"] - 1 / 30 + 1 / row["fp"] - 1 / 20)
    assert row["lr_positive"] == pytest.approx(ratio)
    assert row["lr_positive_ci_low"] == pytest.approx(ratio * np.exp(-1.959964 * se), rel=1e-6)


def test_youden_by_cross_validation_is_not_optimistic(cohort):
    regions = [f"r{i}" for i in range(150)]
    table = cohort({"Control": 25, "PSP": 25}, regions=regions, shift=0)
    honest = nf.diagnostic_accuracy(table)
    index = (honest["sensitivity"] + honest["specificity"] - 1).mean()
    assert abs(index) < 0.04
    own = pd.Series(honest["cutoff"].to_numpy(), index=honest["region"])
    apparent = [
        nf.diagnostic_accuracy(table[table["region"] == name], cutoff=own[name]).iloc[0]
        for name in regions[:10]
    ]
    assert np.mean([row["sensitivity"] + row["specificity"] - 1 for row in apparent]) > 0.1


def test_direction_lower_mirrors_values_and_cutoff(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    up = nf.diagnostic_accuracy(table, cutoff=0.32)
    down = nf.diagnostic_accuracy(
        table.assign(value=-table["value"]),
        cutoff=-0.32,
        direction="lower",
        exclude_suspect=False,
    )
    names = ["auc", "p", "cutoff", "sensitivity", "specificity"]
    expected = up[names].assign(cutoff=-0.32)
    pd.testing.assert_frame_equal(down[names], expected)


def test_score_columns_are_one_row_each(cohort):
    found = nf.diagnostic_accuracy(cohort({"Control": 20, "PSP": 30}), ["p_sick", "noise"])
    assert found["score"].tolist() == ["p_sick", "noise"]
    assert found["auc"][0] > 0.75 > found["auc"][1]
    assert "region" not in found


def test_all_patients_are_positive_by_default(cohort):
    found = nf.diagnostic_accuracy(cohort({"Control": 5, "PD": 6, "PSP": 7}))
    assert found.attrs["positive"] == ["PD", "PSP"]
    assert found.attrs["negative"] == ["Control"]


def test_named_groups_leave_others_out_and_say_so(cohort):
    table = cohort({"Control": 5, "PD": 6, "PSP": 7})
    found = nf.diagnostic_accuracy(table, positive="psp", reference="PD", cutoff=None)
    assert found["n_negative"].tolist() == [6, 6]
    assert found.attrs["exclusions"][0]["n"] == 5
    assert "sensitivity" not in found


def test_missing_values_count_as_wrong_where_asked(cohort):
    table = cohort({"Control": 20, "PSP": 30}, missing=0.2)
    plain = nf.diagnostic_accuracy(table, cutoff=0.32)
    strict = nf.diagnostic_accuracy(table, cutoff=0.32, missing="wrong")
    assert (strict["tp"] + strict["fn"]).tolist() == [30, 30]
    assert (plain["tp"] + plain["fn"] + plain["missing_positive"]).tolist() == [30, 30]
    assert (strict["sensitivity"] < plain["sensitivity"]).all()


def test_expected_studies_without_results_are_counted(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    people = table[["participant_id", "group"]].drop_duplicates()
    more = pd.DataFrame({"participant_id": ["x1", "x2"], "group": ["PSP", "Control"]})
    found = nf.diagnostic_accuracy(
        table, cutoff=0.32, missing="wrong", expected=pd.concat([people, more])
    )
    assert found["missing_positive"].tolist() == [1, 1]
    assert (found["tp"] + found["fn"]).tolist() == [31, 31]
    assert "2 of them without any result" in nf.methods_text(found)


def test_strata_give_one_row_per_label(cohort):
    found = nf.diagnostic_accuracy(cohort({"Control": 20, "PSP": 30}), strata="site")
    assert found["stratum"].tolist() == ["east", "east", "west", "west"]
    assert (found["n_positive"] + found["n_negative"]).tolist() == [25] * 4


def test_numbers_as_strata_are_refused_with_advice(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    with pytest.raises(OptionError, match=r"pandas\.cut"):
        nf.diagnostic_accuracy(table, strata="noise")


def test_repeated_visits_need_a_choice(cohort):
    table = cohort({"Control": 5, "PSP": 5}).replace("p001", "p000")
    with pytest.raises(CompareError, match="more than one study"):
        nf.diagnostic_accuracy(table)
    assert nf.diagnostic_accuracy(table, visit="first")["n_negative"].tolist() == [4, 4]


def test_without_controls_the_positive_groups_must_be_named(cohort):
    with pytest.raises(OptionError, match="not clear which groups"):
        nf.diagnostic_accuracy(cohort({"PD": 5, "PSP": 5}))
    found = nf.diagnostic_accuracy(cohort({"PD": 5, "PSP": 5}), positive="PSP")
    assert found.attrs["negative"] == ["PD"]


def test_a_group_on_both_sides_is_refused(cohort):
    with pytest.raises(OptionError, match="both positive and negative"):
        nf.diagnostic_accuracy(cohort({"PD": 5, "PSP": 5}), positive="PSP", reference="PSP")


@pytest.mark.parametrize("cutoff", ["best", float("nan"), True])
def test_a_cutoff_that_is_no_number_is_refused(cohort, cutoff):
    with pytest.raises(OptionError, match="cutoff"):
        nf.diagnostic_accuracy(cohort({"Control": 5, "PSP": 5}), cutoff=cutoff)


def test_expected_without_an_id_is_refused(cohort):
    with pytest.raises(TableError, match="participant_id"):
        nf.diagnostic_accuracy(
            cohort({"Control": 5, "PSP": 5}), expected=pd.DataFrame({"group": ["PSP"]})
        )


def test_methods_name_groups_cutoff_and_correction(cohort):
    text = nf.methods_text(nf.diagnostic_accuracy(cohort({"Control": 20, "PSP": 30})))
    assert "PSP (n = 30) and Control (n = 20)" in text
    assert "10-fold cross-validation, seed 0" in text
    assert "corrected within each metric" in text


def test_studies_without_a_stratum_are_left_out_and_counted(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    table.loc[table["study_id"] == "s003", "site"] = None
    found = nf.diagnostic_accuracy(table, strata="site")
    assert (found["n_positive"] + found["n_negative"]).tolist() == [24, 24, 25, 25]
    assert found.attrs["exclusions"] == [{"reason": "no site", "n": 1, "study_ids": ["s003"]}]
    assert "Control (n = 19)" in nf.methods_text(found)


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64", "str"])
@pytest.mark.parametrize("positive", [1, 1.0, "1", [1]])
def test_codes_are_positive_as_numbers_and_as_texts(cohort, kind, positive):
    table = cohort({"Control": 20, "PSP": 30})
    table["sick"] = (table["group"] == "PSP").astype(int).astype(kind)
    found = nf.diagnostic_accuracy(table, truth="sick", positive=positive, cutoff=0.32)
    assert found["n_positive"].unique().tolist() == [30]


def test_an_unknown_code_is_refused_with_the_known_ones(cohort):
    table = cohort({"Control": 20, "PSP": 30})
    table["sick"] = (table["group"] == "PSP").astype(int)
    with pytest.raises(OptionError, match=r"no group 2\. The groups are 0, 1"):
        nf.diagnostic_accuracy(table, truth="sick", positive=2)
