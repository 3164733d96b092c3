"""The same argument has the same name, default and meaning in every function of the room."""

import inspect

import pandas as pd
import pytest
from support.comparison_tables import normal_table, realistic_table

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError, ResultWarning

FUNCTIONS = [
    nf.asymmetry, nf.change_over_time, nf.compare_groups, nf.compare_sites, nf.correlate,
    nf.correlate_regions, nf.paper_table, nf.remove_site, nf.z_scores,
]  # fmt: skip
DEFAULTS = {"by": "group", "reference": "auto", "family": "metric", "correction": "bh"}
POSITIONAL = {"table", "metric", "score"}
ALIASES = ["HC", "Healthy Controls", "NC", "CTL", "healthy_control"]


@pytest.fixture(scope="module")
def table():
    return normal_table({"Control": 8, "PD": 7, "PSP": 6}, m=2, seed=1)


def renamed(table, **labels):
    return table.assign(group=table["group"].replace(labels))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_arguments_have_the_same_defaults_everywhere(function):
    arguments = inspect.signature(function).parameters
    for name, default in DEFAULTS.items():
        if name in arguments:
            assert arguments[name].default == default
    assert not {"between", "within"} & set(arguments)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_only_the_data_is_positional(function):
    arguments = inspect.signature(function).parameters.values()
    positional = [a.name for a in arguments if a.kind is a.POSITIONAL_OR_KEYWORD]
    assert positional[0] == "table"
    assert set(positional) <= POSITIONAL


@pytest.mark.parametrize("alias", ALIASES)
def test_auto_finds_the_controls_in_every_function(table, alias):
    own = renamed(table, Control=alias)
    effects = nf.compare_groups(own)
    assert effects["contrast"].unique().tolist() == [f"PD - {alias}", f"PSP - {alias}"]
    assert effects.attrs["reference"] == alias
    assert nf.z_scores(own).attrs["reference"] == alias
    assert nf.compare_sites(own).attrs["reference"] == alias
    assert set(nf.paper_table(own, "M0").attrs["groups"]) == {alias, "PD", "PSP"}


@pytest.mark.parametrize("alias", ALIASES)
def test_planned_contrasts_use_the_tables_name_of_controls(alias):
    own = renamed(normal_table(m=2), Control=alias)
    effects = nf.compare_groups(own, contrasts="planned")
    assert effects["contrast"].iloc[0] == f"PD+MSA+PSP - {alias}"


def test_without_controls_all_pairs_are_compared(table):
    own = renamed(table, Control="ET")
    contrasts = nf.compare_groups(own)["contrast"].unique().tolist()
    assert contrasts == ["PSP - PD", "ET - PD", "ET - PSP"]


def test_without_controls_z_scores_are_refused(table):
    with pytest.raises(CompareError, match=r"no group that is known as controls.*PD, PSP, ET"):
        nf.z_scores(renamed(table, Control="ET"))


@pytest.mark.parametrize("compute", [nf.compare_groups, nf.z_scores, nf.compare_sites])
def test_a_reference_may_differ_in_case_and_blanks(table, compute):
    assert compute(table, reference=" control").attrs["reference"] == "Control"


@pytest.mark.parametrize("compute", [nf.compare_groups, nf.z_scores, nf.compare_sites])
def test_an_unknown_reference_is_refused_with_a_suggestion(table, compute):
    with pytest.raises(OptionError, match=r"no group HC. Did you mean Control\?"):
        compute(table, reference="HC")


ONE_STRING = {
    "covariates": lambda t, one: nf.compare_groups(t, covariates=one("age"))["p"],
    "groups": lambda t, one: nf.correlate(t, "score", groups=one("PD"))["p"],
    "metric": lambda t, one: nf.z_scores(t, metric=one("M0"))["z"],
    "contrasts": lambda t, one: nf.compare_groups(t, contrasts=one("PD - PSP"))["p"],
    "family": lambda t, one: nf.compare_groups(t, family=one("contrast"))["q"],
}


@pytest.mark.parametrize("argument", ONE_STRING)
def test_one_string_is_a_list_of_one(table, argument):
    scored = table.assign(score=table["age"] * 2 + table["study_id"].str[-1].astype(int))
    single, listed = (ONE_STRING[argument](scored, one) for one in (str, lambda name: [name]))
    pd.testing.assert_series_equal(single, listed)


SPELLINGS = {
    "compare_groups": nf.compare_groups,
    "z_scores": lambda t: nf.z_scores(t, reference="Control"),
    "correlate": lambda t: nf.correlate(t, "age", groups=["Control", "PD"]),
    "remove_site": lambda t: nf.remove_site(t, covariates=[]),
    "paper_table": lambda t: nf.paper_table(t, "M0", reference=None),
    "compare_sites": lambda t: nf.compare_sites(t, reference="PD"),
}


@pytest.mark.parametrize("function", SPELLINGS)
def test_labels_that_differ_in_case_only_are_reported(table, function):
    slips = table["study_id"].isin(["study0000", "study0001"])
    own = table.assign(group=table["group"].mask(slips, "control"))
    with pytest.warns(ResultWarning, match="'Control' and 'control'. They count as different"):
        SPELLINGS[function](own)


def test_levels_of_a_covariate_that_differ_in_case_are_reported(table):
    own = table.assign(scanner=table["study_id"].str[-1].map({"1": "prisma"}).fillna("Prisma"))
    with pytest.warns(ResultWarning, match="'scanner' has labels that may mean the same"):
        nf.compare_groups(own, covariates="scanner")


def test_the_warning_names_the_line_of_the_user(table):
    with pytest.warns(ResultWarning) as caught:
        nf.compare_groups(renamed(table, PSP="pd"))
    assert caught[0].filename == __file__


def test_columns_are_names_that_python_accepts(table):
    scored = table.assign(score=table["age"] + table["study_id"].str[-1].astype(int))
    tables = [
        nf.compare_groups(table), nf.z_scores(table), nf.correlate(scored, "score"),
        nf.correlate_regions(table, "M0"), nf.z_summary(nf.z_scores(realistic_table())),
    ]  # fmt: skip
    shadowed = set(dir(pd.DataFrame))
    for name in {str(name) for result in tables for name in result.columns}:
        assert name.isidentifier()
        assert name == "metric" or name not in shadowed


def test_codes_of_groups_with_gaps_are_whole_numbers():
    table = normal_table(m=2, seed=1)
    codes = (
        (table["group"] != "Control")
        .astype(float)
        .mask(table["study_id"].isin(table["study_id"][:1]))
    )
    effects = nf.compare_groups(table.assign(code=codes), by="code", reference="0")
    assert effects["contrast"].unique().tolist() == ["1 - 0"]
