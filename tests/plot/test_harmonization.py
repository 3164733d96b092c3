"""Sites before and after harmonisation."""

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf

REGIONS = [f"R{i:02d}" for i in range(12)]


@pytest.fixture(scope="module")
def sites():
    """Three sites: A, B higher by 0.05, C of twice the spread; a group higher by 0.1."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(90):
        site, group = "ABC"[i % 3], ("Control", "PSP")[i // 3 % 2]
        noise = 0.02 * (1 + (site == "C")) * rng.normal(size=len(REGIONS))
        values = 0.3 + 0.1 * (group == "PSP") + 0.05 * (site == "B") + noise
        about = {"study_id": f"s{i}", "group": group, "site": site, "age": 60 + i % 17}
        rows += [about | {"region": r, "value": v} for r, v in zip(REGIONS, values, strict=True)]
    return pd.DataFrame(rows).assign(metric="FW")


def test_shift_and_spread_of_sites_are_those_simulated(sites):
    found = nf.site_differences(sites, covariates="age").groupby("site")[["shift", "sd"]].mean()
    shift = found["shift"] - found.loc["A", "shift"]
    np.testing.assert_allclose(shift, [0, 0.05, 0], atol=0.006)
    np.testing.assert_allclose(found["sd"], [0.02, 0.02, 0.04], atol=0.004)


def test_shifts_weighted_by_studies_are_zero(sites):
    found = nf.site_differences(sites, covariates=[])
    weighted = (found["shift"] * found["n"]).groupby(found["region"]).sum()
    np.testing.assert_allclose(weighted.astype(float), 0, atol=1e-12)


def marks(ax, filled):
    hollow = [c for c in ax.collections if len(c.get_offsets()) == len(REGIONS)]
    return np.array([c.get_offsets()[:, 0] for c in hollow[int(filled) :: 2]])


def test_marks_are_sites_before_and_after(sites):
    ax = nf.plot.harmonization(sites, covariates=[])
    unit = nf.site_differences(sites, covariates=[]).pivot(
        index="site", columns="region", values="shift"
    )
    before, after = marks(ax, filled=False), marks(ax, filled=True)
    ratio = before / unit.to_numpy()
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape))
    assert before[1].mean() > 1
    assert np.abs(after).max() < 0.3
    assert "after harmonisation (ComBat)" in nf.plot.caption(ax)


def test_sites_missing_in_a_region_have_no_mark(sites):
    gap = sites.copy()
    gap.loc[(gap["site"] == "B") & (gap["region"] == "R03"), "value"] = np.nan
    ax = nf.plot.harmonization(gap, "all", method="linear", covariates=[])
    before = marks(ax, filled=False)
    assert np.isnan(before[1, 3])
    assert np.isfinite(np.delete(before, 3, axis=1)).all()


def test_text_is_readable_in_both_themes(sites, theme, assert_readable):
    with nf.plot.styled(theme=theme):
        assert_readable(nf.plot.harmonization(sites, REGIONS[:4], covariates=[]))
