"""The sentence of a comparison says what its table says."""

import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare import compare_groups, key_findings
from neuroflow.errors import CompareError, OptionError


@pytest.fixture(scope="module")
def effects():
    return compare_groups(realistic_table(), reference="Control", covariates=["age"])


def test_every_contrast_and_metric_has_its_count(effects):
    lines = key_findings(effects).splitlines()
    counted = effects.groupby(["contrast", "metric"], sort=False, observed=True)["q"]
    for line, ((contrast, metric), q) in zip(lines, counted, strict=False):
        assert line.startswith(f"{contrast}, {metric}: ")
        found = (q < 0.05).sum()
        assert f"{found or 'none'} of {q.notna().sum()} regions differ" in line
    assert lines[-1].startswith("q is the p value after correction (Benjamini-Hochberg")


def test_regions_named_are_those_of_smallest_p(effects):
    one = effects[(effects["contrast"] == "PSP - Control") & (effects["metric"] == "FW")]
    first = one.sort_values("p").iloc[0]
    text = key_findings(one, most=1).splitlines()[0]
    assert f": {first['region_name']}" in text
    assert f"{first['estimate']:+.2f}"[:4] in text
    assert f"and {(one['q'] < 0.05).sum() - 1} more" in text
    assert first["region_name"] not in key_findings(one, most=0)


def test_regions_without_a_full_name_have_their_key(effects):
    one = effects[effects["metric"] == "FW"]
    nameless = one.drop(columns="region_name")
    assert ": SCP +" in key_findings(nameless.assign(region="SCP"), most=1)
    assert ": SCP +" in key_findings(one.assign(region="SCP", region_name=""), most=1)


def test_uncorrected_p_values_say_so():
    effects = compare_groups(realistic_table(), reference="Control", correction="none")
    text = key_findings(effects)
    assert "p < 0.05" in text
    assert text.endswith("p values are not corrected for multiple comparisons.")


def test_regions_without_a_result_are_counted(effects):
    gone = effects.assign(q=float("nan"), p=float("nan"), reason="too few studies")
    n = len(gone) // gone.groupby(["contrast", "metric"], observed=True).ngroups
    assert f"FW: {n} could not be compared (too few studies)." in key_findings(gone)


def test_other_tables_and_impossible_numbers_are_refused(effects):
    with pytest.raises(CompareError, match="lacks the columns"):
        key_findings(effects.drop(columns="q"))
    with pytest.raises(OptionError, match="between 0 and 1"):
        key_findings(effects, alpha=5)
    with pytest.raises(OptionError, match="most=-1"):
        key_findings(effects, most=-1)
