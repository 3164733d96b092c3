"""Two one-sided tests that a difference is smaller than a margin."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow.compare.stats.multiple_testing import correct_within
from neuroflow.matrix import IntArray


def add_equivalence(
    effects: pd.DataFrame, margin: float, confidence: float, correction: str, codes: IntArray
) -> None:
    """Add `p_equivalence`, `q_equivalence` and `equivalent`; max-T is replaced by Holm.

    Schuirmann DJ (1987), J Pharmacokinet Biopharm 15:657-680.
    """
    estimate, se, df = (
        effects[name].to_numpy(dtype=np.float64) for name in ("estimate", "se", "df")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.asarray(stats.t.sf((margin - np.abs(estimate)) / se, df))
    how = "holm" if correction == "maxt" else correction
    effects["p_equivalence"] = p
    effects["q_equivalence"] = correct_within(p, how, codes)
    smaller = pd.array(p < 1 - confidence, dtype="boolean")
    smaller[np.isnan(p)] = pd.NA
    effects["equivalent"] = smaller
