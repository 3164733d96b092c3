import numpy as np
import pandas as pd
import pytest
from scipy import stats

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError


@pytest.fixture
def table():
    rng = np.random.default_rng(2)
    n = 60
    group = np.repeat(["Control", "PD", "PSP"], 20)
    return pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(n)],
            "participant_id": [f"p{i}" for i in range(n)],
            "group": group,
            "age": rng.normal(65, 6, n) + 4 * (group == "PSP"),
            "sex": rng.choice(["F", "M"], n),
            "site": rng.choice(["east", "west", "north"], n),
            "duration": rng.lognormal(1, 1.2, n),
            "region": "SCP",
            "metric": "FW",
            "value": 0.3,
        }
    )


def row(found, start):
    return found[found["Characteristic"].str.startswith(start)].iloc[0]


def test_means_and_numbers_are_those_of_each_group(table):
    found = nf.table_one(table)
    assert row(found, "n")[["Control", "PD", "PSP", "All"]].tolist() == ["20", "20", "20", "60"]
    psp = table[table["group"] == "PSP"]["age"]
    assert row(found, "age")["PSP"] == f"{psp.mean():.1f} ({psp.std():.1f})"


def test_counts_and_percentages_leave_missing_values_out(table):
    table.loc[table.index[:2], "sex"] = None
    found = nf.table_one(table, "sex")
    known = table["sex"][2:20]
    women = (known == "F").sum()
    assert row(found, "sex = F")["Control"] == f"{women} ({100 * women / 18:.1f})"
    assert row(found, "sex = F")["Missing"] == "2"


def test_skewed_numbers_are_shown_as_medians(table):
    found = nf.table_one(table, ["age", "duration"])
    low, middle, high = np.percentile(table["duration"], [25, 50, 75])
    assert row(found, "duration, median")["All"] == f"{middle:.1f} [{low:.1f}, {high:.1f}]"
    assert nf.table_one(table, "duration", nonnormal=[])["Characteristic"][1].endswith("mean (SD)")


def test_standardised_difference_of_means_is_the_largest_pair(table):
    groups = [part["age"] for _, part in table.groupby("group")]
    pairs = [(groups[i], groups[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    largest = max(abs(a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / 2) for a, b in pairs)
    assert row(nf.table_one(table), "age")["SMD"] == f"{largest:.2f}"


def test_standardised_difference_of_two_levels_is_that_of_shares(table):
    two = table[table["group"] != "PSP"]
    p, q = (part["sex"].eq("F").mean() for _, part in two.groupby("group"))
    expected = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert row(nf.table_one(two), "sex = F")["SMD"] == f"{expected:.2f}"


def test_p_values_come_only_where_asked(table):
    assert "p" not in nf.table_one(table)
    found = nf.table_one(table, ["duration", "site"], tests=True)
    kruskal = stats.kruskal(*(part["duration"] for _, part in table.groupby("group"))).pvalue
    squares = stats.chi2_contingency(pd.crosstab(table["group"], table["site"])).pvalue
    assert row(found, "duration")["p"] == f"{kruskal:.3f}"
    assert row(found, "site = east")["p"] == f"{squares:.3f}"


def test_number_codes_can_be_shown_as_categories(table):
    table["stage"] = np.arange(60) % 3
    found = nf.table_one(table, "stage", categorical="stage")
    assert found["Characteristic"].tolist()[1:] == [f"stage = {i}, n (%)" for i in range(3)]


def test_repeated_visits_need_a_choice(table):
    table.loc[1, "participant_id"] = "p0"
    with pytest.raises(CompareError, match="more than one study"):
        nf.table_one(table)
    assert row(nf.table_one(table, visit="first"), "n")["All"] == "59"


def test_a_column_of_ids_is_refused(table):
    with pytest.raises(OptionError, match="60 different labels"):
        nf.table_one(table, "participant_id")


def test_an_empty_column_shows_dashes(table):
    table["note"] = None
    assert row(nf.table_one(table, "note"), "note")["PSP"] == "–"
    assert row(nf.table_one(table, "note"), "note")["Missing"] == "60"


def test_a_column_that_does_not_vary_has_no_test(table):
    found = nf.table_one(table.assign(dose=0.1 + 0.2), ["dose"], tests=True)
    (row,) = found[found["Characteristic"].str.startswith("dose")].to_dict("records")
    assert (row["PD"], row["SMD"], row["p"]) == ("0.3 (0.0)", "–", "–")


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d"])
def test_dates_are_refused_in_words(table, form):
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(range(len(table)), unit="D")
    with pytest.raises(OptionError, match="holds dates"):
        nf.table_one(table.assign(scanned=days.strftime(form)), "scanned")
    with pytest.raises(OptionError, match="holds dates"):
        nf.table_one(table.assign(scanned=days), "scanned")
