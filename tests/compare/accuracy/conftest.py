import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def cohort():
    """Return a function that makes a cohort table of some groups with simulated scores."""

    def make(sizes, *, regions=("SCP", "pSN"), shift=1.0, seed=0, missing=0.0):
        rng = np.random.default_rng(seed)
        group = np.repeat(list(sizes), list(sizes.values()))
        n = len(group)
        sick = ~np.isin(group, ["Control"])
        studies = pd.DataFrame(
            {
                "study_id": [f"s{i:03}" for i in range(n)],
                "participant_id": [f"p{i:03}" for i in range(n)],
                "group": group,
                "site": np.where(np.arange(n) % 2, "east", "west"),
                "p_sick": 1 / (1 + np.exp(-(rng.normal(size=n) + 2 * sick - 1))),
                "noise": rng.normal(size=n),
            }
        )
        parts = []
        for k, region in enumerate(regions):
            value = 0.3 + 0.05 * (rng.normal(size=n) + shift * sick * (k == 0))
            value[rng.random(n) < missing] = np.nan
            parts.append(studies.assign(region=region, metric="FW", value=value.round(3)))
        return pd.concat(parts, ignore_index=True)

    return make
