"""The situations of docs/coverage.md."""

from __future__ import annotations

import simulated_people as people
from simulated_groups import (
    Case,
    Groups,
    area,
    correlation,
    equivalence,
    groups,
    largest_t,
    omnibus,
    raw_sd,
    slopes,
    two_areas,
)

LINEAR, HC3, CLUSTER = "`linear`", '`robust="HC3"`', '`robust="cluster"`'
WELCH, RANKS = '`method="welch"`', '`method="mannwhitney"`'


def _comparisons() -> list[Case]:
    cases = []
    for d in (0.0, 0.8, 2.0):
        shown = f"truth of {d:g} SD"
        usual = Groups((14, 11), shift=d, adjusted=True)
        even, uneven = Groups((15, 15), shift=d), Groups((50, 10), (1.0, 3.0), d)
        cases += [
            groups(LINEAR, f"11 v 14, adjusted for age, {shown}", usual),
            groups(HC3, f"15 v 15, {shown}", even, robust="HC3"),
            groups(HC3, f"10 (SD 3) v 50 (SD 1), {shown}", uneven, robust="HC3", holds=False),
            groups(
                CLUSTER,
                f"15 v 15 people of 4 visits, {shown}",
                Groups((15, 15), shift=d, visits=4, icc=0.8),
                robust="cluster",
            ),
            groups(WELCH, f"10 (SD 3) v 50 (SD 1), {shown}", uneven, method="welch"),
            groups(WELCH, f"15 v 15, {shown}", even, method="welch"),
            groups(RANKS, f"20 v 25, {shown}", Groups((25, 20), shift=d), method="mannwhitney"),
            groups(LINEAR, f"10 (SD 3) v 50 (SD 1), {shown}", uneven, holds=False),
            groups(
                LINEAR,
                f"50 (SD 3) v 10 (SD 1), {shown}",
                Groups((10, 50), (1.0, 3.0), d),
                holds=False,
            ),
            groups(
                HC3,
                f"5 (SD 3) v 20 (SD 1), {shown}",
                Groups((20, 5), (1.0, 3.0), d),
                robust="HC3",
                holds=False,
            ),
            groups(
                WELCH,
                f"5 (SD 3) v 20 (SD 1), {shown}",
                Groups((20, 5), (1.0, 3.0), d),
                method="welch",
                holds=False,
            ),
            groups(
                CLUSTER,
                f"5 v 5 people of 4 visits, {shown}",
                Groups((5, 5), shift=d, visits=4, icc=0.8),
                robust="cluster",
                holds=False,
            ),
            groups(
                CLUSTER,
                f"3 v 12 people of 4 visits, {shown}",
                Groups((12, 3), shift=d, visits=4, icc=0.8),
                robust="cluster",
                holds=False,
            ),
            groups(
                RANKS, f"10 (SD 3) v 50 (SD 1), {shown}", uneven, method="mannwhitney", holds=False
            ),
            Case('`standardizer="raw"`', f"30 v 30, age explains half, {shown}", raw_sd(d)),
        ]
    return cases


CASES = [
    *_comparisons(),
    Case("`interaction`", "15 v 20, slopes of age", slopes),
    Case("`omnibus`", "three groups, F", omnibus("linear")),
    Case("`omnibus`", "three groups, F, HC3", omnibus("linear", "HC3")),
    Case("`omnibus`", "three groups, Welch", omnibus("welch", sd=3.0)),
    Case("`omnibus`", "three groups, ranks", omnibus("mannwhitney")),
    Case("`omnibus`", "three groups, F, SD of one 3 times", omnibus("linear", sd=3.0), False),
    Case("`margin`", "30 v 30, truth at the margin", equivalence),
    Case('`correction="maxt"`', "15 v 15, 20 correlated regions", largest_t),
    *(
        Case(f"`correlate`, {kind}", f"n = {n}, truth {rho:g}", correlation(kind, rho, n))
        for kind in ("pearson", "spearman")
        for rho, n in ((0.0, 15), (0.5, 30), (0.9, 50))
    ),
    Case(
        "`correlate`, pearson",
        "n = 30, truth 0.5, two covariates",
        correlation("pearson", 0.5, 30, 2),
    ),
    *(
        Case("`diagnostic_accuracy`", f"area {auc:g}, {m} v {n}", area(auc, m, n))
        for auc in (0.5, 0.7, 0.85, 0.95)
        for m, n in ((10, 10), (20, 20), (15, 80), (50, 50))
    ),
    *(
        Case("`compare_auc`", f"areas {a:g} and {b:g}, {n} v {n}", two_areas(a, b, n))
        for a, b in ((0.8, 0.8), (0.9, 0.75))
        for n in (15, 30, 60)
    ),
    *(
        Case("`diagnostic_accuracy`", f"truth {p:g}, {n} v {n}", people.counted(n, p))
        for p, n in ((0.8, 20), (0.9, 40), (0.95, 100))
    ),
    Case("`confusion_matrix`", "a share of 0.85, n = 30", people.share(30, 0.85)),
    *(Case("`calibration`", f"n = {n}", people.calibration(n)) for n in (50, 200)),
    *(
        Case("`compare_cohorts`", f"{what}{k} of 10 to 60, tau {tau:g}", run(k, tau))
        for what, run, taus in (
            ("mean of ", people.cohorts, (0.0, 0.2)),
            ("another beside ", people.another_cohort, (0.0, 0.2, 0.6)),
        )
        for k in (3, 6, 12)
        for tau in taus
    ),
    *(
        Case("`z_scores`", f"{n} controls{adjusted}", people.norms(n, bool(adjusted), False))
        for n, adjusted in ((8, ""), (20, ", adjusted for age"), (60, ", adjusted for age"))
    ),
    Case("`fit_norms`", "20 controls, adjusted for age", people.norms(20, True, True)),
    Case(
        "`change_over_time`",
        "20 v 20, 3 visits, no dropout",
        people.followed(20, 3, "slopes", 0.0),
    ),
    Case('`method="mixed"`', "20 v 20, 3 visits, 20 % leave", people.followed(20, 3, "mixed")),
    Case('`method="mixed"`', "15 v 15, 2 visits, 20 % leave", people.followed(15, 2, "mixed")),
    Case(
        "`change_over_time`",
        "20 v 20, 5 visits, 20 % leave",
        people.followed(20, 5, "slopes"),
        holds=False,
    ),
    Case("`compare_arms`", "ANCOVA, 25 v 25, 10 % leave", people.arms("ancova", 25, 0.1)),
    Case("`compare_arms`", "MMRM, 25 v 25, 10 % leave", people.arms("mmrm", 25, 0.1)),
    Case("`person_change`", "20 controls", people.one_person(20)),
    *(
        Case("`repeatability`", f"{n} people, {k} scans, ICC {icc:g}", people.repeats(n, k, icc))
        for n, k, icc in ((10, 2, 0.8), (30, 2, 0.95), (20, 3, 0.6))
    ),
    *(Case("`plot.bland_altman`", f"{n} people", people.agreement_limits(n)) for n in (10, 30)),
    Case("`sample_size`", "from 40 people of 4 visits, 10 % leave", people.size_of_trial, False),
]
