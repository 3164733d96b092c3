"""Norms: a file without participants, and z-scores against it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError, ResultWarning, TableError


def studies(n: int = 40, group: str = "Control", seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    wide = pd.DataFrame(
        {
            "study_id": [f"{group}-{i}" for i in range(n)],
            "group": group,
            "age": rng.uniform(51, 79, n).round(2),
            "sex": rng.choice(["F", "M"], n),
        }
    )
    return pd.concat(
        [
            wide.assign(
                region=region,
                metric="FW",
                value=0.2 + 0.002 * (wide["age"] - 65) + rng.normal(0, 0.03, n),
            )
            for region in ("SCP", "MCP")
        ],
        ignore_index=True,
    )


def test_norms_give_the_scores_of_the_controls_themselves(tmp_path: Path) -> None:
    controls, patients = studies(), studies(5, "PSP", 4)
    both = pd.concat([controls, patients], ignore_index=True)
    direct = nf.z_scores(both, covariates=["age", "sex"])
    direct = direct[direct["group"] == "PSP"].reset_index(drop=True)
    norms = nf.read_norms(nf.fit_norms(controls, covariates="age + sex").save(tmp_path / "n.json"))
    scores = nf.z_scores(patients, reference=norms)
    for name in ("expected", "sd", "z", "centile", "pi_low", "pi_high", "df"):
        assert scores[name].tolist() == pytest.approx(direct[name].tolist(), rel=1e-9)
    assert "norms of Control" in nf.methods_text(scores)


def test_the_file_of_norms_names_no_participant(tmp_path: Path) -> None:
    controls = studies()
    path = nf.fit_norms(controls, covariates="spline(age, 3)").save(tmp_path / "n.json")
    text = path.read_text(encoding="utf-8")
    assert len(text) < 10_000
    assert not any(name in text for name in controls["study_id"])
    knots = json.loads(text)["covariates"][0]["knots"]
    assert (knots[0], knots[-1]) == (50, 80)


def test_a_spline_of_age_follows_a_curve() -> None:
    controls = studies(200)
    noise = np.random.default_rng(1).normal(0, 0.005, len(controls))
    controls["value"] = 0.3 + 0.0004 * (controls["age"] - 65) ** 2 + noise
    old = studies(3).assign(age=77.0, value=0.3 + 0.0004 * 12**2)
    curve, line = (
        nf.z_scores(old, reference=nf.fit_norms(controls, covariates=age))["z"].abs().max()
        for age in ("spline(age, 4)", "age")
    )
    assert curve < 0.7 < 1 < line


def test_too_few_controls_are_refused_by_number() -> None:
    with pytest.raises(CompareError, match="Control has 19 participants"):
        nf.fit_norms(studies(19))


def test_a_region_of_few_controls_is_left_out_by_name() -> None:
    table = studies()
    table.loc[(table["region"] == "MCP") & (table.index % 3 > 0), "value"] = np.nan
    with pytest.warns(ResultWarning, match="MCP"):
        norms = nf.fit_norms(table)
    scores = nf.z_scores(studies(2, "PSP"), reference=norms)
    assert scores.loc[scores["region"] == "MCP", "z"].isna().all()
    assert scores.loc[scores["region"] == "SCP", "z"].notna().all()


def test_ages_beyond_the_controls_are_reported() -> None:
    norms = nf.fit_norms(studies(), covariates="age")
    with pytest.warns(ResultWarning, match="outside that of the controls"):
        nf.z_scores(studies(2).assign(age=95.0), reference=norms)


def test_service_norms_are_the_printed_control_means() -> None:
    table = studies(1, "PSP").assign(value=0.298924 + 0.076232)
    scores = nf.z_scores(table, reference=nf.service_norms()).set_index("region")
    assert scores.loc["SCP", "z"] == pytest.approx(1)
    assert scores.loc["SCP", "centile"] == pytest.approx(84.13, abs=0.01)


def test_norms_take_no_other_covariates() -> None:
    with pytest.raises(OptionError, match="covariates already"):
        nf.z_scores(studies(2), reference=nf.service_norms(), covariates="age")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "neuroflow norms", "version": 9}'])
def test_other_files_are_no_norms(tmp_path: Path, text: str) -> None:
    (tmp_path / "n.json").write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match="no norms"):
        nf.read_norms(tmp_path / "n.json")


def test_intervals_of_twenty_controls_hold_95_percent() -> None:
    rng = np.random.default_rng(8)
    wide = pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(25)],
            "group": ["Control"] * 20 + ["new"] * 5,
            "age": np.tile([55.0, 60, 65, 70, 75], 5),
            "metric": "FW",
        }
    )
    table = pd.concat(  # each region is a draw of its own
        [
            wide.assign(region=f"r{k}", value=0.3 + 0.03 * rng.standard_normal(25))
            for k in range(400)
        ],
        ignore_index=True,
    )
    norms = nf.fit_norms(table, covariates="age")
    scores = nf.z_scores(table[table["group"] == "new"], reference=norms)
    assert 1 - scores["outside"].mean() == pytest.approx(0.95, abs=0.02)


def test_impossible_values_are_refused_or_left_out() -> None:
    table = studies()
    table.loc[0, "value"] = -999.0
    with pytest.raises(TableError, match="-999"):
        nf.fit_norms(table)
    norms = nf.fit_norms(table, exclude_suspect=True)
    assert {fit["n"] for fit in norms.facts["fits"]} == {39, 40}


def test_methods_of_norms_compare_nobody_with_the_others() -> None:
    text = nf.methods_text(nf.z_scores(studies(), reference=nf.service_norms()))
    assert "norms of neuropacs controls (n not published)" in text
    assert "fitted beforehand" in text
    assert "other members" not in text


def test_a_region_that_does_not_vary_has_no_norms() -> None:
    table = studies()
    table.loc[table["region"] == "MCP", "value"] = 0.25
    with pytest.warns(ResultWarning, match="values or covariates do not vary: MCP"):
        norms = nf.fit_norms(table)
    scores = nf.z_scores(studies(2, "PSP"), reference=norms).set_index("region")
    assert scores.loc["MCP", ["sd", "z"]].isna().all(axis=None)
    assert scores.loc["SCP", "z"].notna().all()


def test_saved_norms_whose_sd_is_rounding_are_not_used(tmp_path: Path) -> None:
    norms = nf.fit_norms(studies())
    at = next(n for n, key in enumerate(norms.facts["fits"][0]["columns"]) if key[0] == "MCP")
    norms.facts["fits"][0]["sd"][at] = 5e-17
    with pytest.warns(ResultWarning, match=r"do not vary: MCP FW\. Fit the norms again"):
        read = nf.read_norms(norms.save(tmp_path / "norms.json"))
    scores = nf.z_scores(studies(2, "PSP"), reference=read).set_index("region")
    assert scores.loc["MCP", "z"].isna().all()
    assert scores.loc["SCP", "z"].notna().all()
