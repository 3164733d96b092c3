"""Sentences for the methods section."""

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.longitudinal import change_over_time
from neuroflow.compare.norms import fit_norms, service_norms, z_scores, z_summary
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.report.paper_table import paper_table
from neuroflow.errors import CompareError


def test_methods_name_model_correction_exclusions_and_version():
    table = normal_table()
    table.loc[table["study_id"] == "study0003", "age"] = np.nan
    text = methods_text(compare_groups(table, covariates=["age", "site"], robust="HC3"))
    for part in (
        "Control (n = 11), PD (n = 14), MSA (n = 9) and PSP (n = 11) were compared",
        "a linear model of the value on group, adjusted for age and site (site as categorical)",
        "with HC3 standard errors",
        "95% confidence intervals are reported",
        "corrected within each metric (Benjamini-Hochberg false discovery rate)",
        "Studies excluded: 1 (no age).",
        "Computed with neuroflow",
    ):
        assert part in text
    paper = paper_table(table, metric="M0", covariates=["age"])
    assert (
        "those of post-hoc comparisons (where q < 0.05) within each region (Holm)"
        in paper.attrs["methods"]
    )
    assert "not corrected" in methods_text(compare_groups(table, correction="none"))


def test_methods_name_the_contrasts():
    table = normal_table()
    planned = methods_text(compare_groups(table, contrasts="planned", omnibus=True))
    assert (
        "PSP - PD+MSA and PSP - MSA; groups joined by + are represented by the mean of" in planned
    )
    assert "separately for tests of any difference and for contrasts." in planned
    ranks = methods_text(compare_groups(table, contrasts="MSA+PSP - PD", method="mannwhitney"))
    assert (
        "The contrast was MSA+PSP - PD; groups joined by + are represented by all their studies"
        in ranks
    )
    assert "All pairs of groups were compared." in methods_text(
        compare_groups(table, reference=None)
    )
    assert "The contrast" not in methods_text(compare_groups(table, omnibus="only"))


def test_methods_describe_change_correlations_and_z_scores():
    table = normal_table()
    later = table.assign(study_id=table["study_id"] + "b", age=table["age"] + 1, session_id="2")
    change = change_over_time(pd.concat([table, later]), metric="M0")
    assert "change per year is the least-squares slope of the values over age" in methods_text(
        change
    )
    related = methods_text(correlate(table.assign(updrs=table["age"] ** 2), "updrs"))
    assert (
        "Regions of 46 studies were correlated with updrs (Pearson correlation). "
        "95% confidence intervals are based on Fisher's transformation. p values were corrected "
        "within each metric" in related
    )
    pairs = correlate_regions(table, metric="M0", covariates=["age"], method="spearman")
    assert "with each other (partial Spearman correlation, adjusted for age)" in methods_text(pairs)
    scores = methods_text(z_scores(table, covariates=["age"]))
    assert "with the reference Control (n = 12) as z-scores" in scores
    assert "of the reference, adjusted for age. Each member of the reference" in scores


def test_a_table_that_lost_its_attributes_has_no_methods():
    with pytest.raises(CompareError, match="does not state how"):
        methods_text(pd.DataFrame({"region": ["SCP"]}))


def test_norms_are_not_said_to_hold_the_studies_compared():
    table = normal_table({"Control": 25, "PSP": 5}, m=4)
    ours = table.assign(metric="FW", value=0.2 + 0.01 * table["value"])
    for norms, says in (
        (fit_norms(ours[ours["group"] == "Control"]), "norms of Control (n = 25) as z-scores"),
        (service_norms(), "norms of neuropacs controls (n not published)"),
    ):
        text = methods_text(z_scores(ours, reference=norms))
        assert says in text
        assert "Each member" not in text


def test_a_summary_of_z_scores_says_what_was_counted():
    table = normal_table(m=4)
    summary = z_summary(z_scores(table), metric="M0", limit=2.5)
    assert "Regions with a z-score above 2.5 or below -2.5 were counted." in methods_text(summary)
