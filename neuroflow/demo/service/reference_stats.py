"""What the simulation draws from: mean, SD, age slope and loading of every region and metric."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd

GROUPS = ("Control", "PD", "MSA", "PSP")
"""The diagnostic groups of the reference statistics."""

METRICS = ("FW", "FA")
"""Free water, and the fractional anisotropy corrected for it; both fractions from 0 to 1."""

_MIDBRAIN = ("aSN", "pSN", "RN")
_PARIETAL = (
    "Angular_Gyrus_Final",
    "Inferior_Parietal_Lobule_Final",
    "Superior_Parietal_Lobule_Final",
    "Supramarginal_Gyrus_Final",
)

COMPOSED = {
    "Left_midbrain": _MIDBRAIN,
    "Left_parietal": _PARIETAL,
    "Right_midbrain": _MIDBRAIN,
    "Right_parietal": _PARIETAL,
    "mid_brain_combined": ("Left_midbrain", "Right_midbrain"),
    "Putamen_GP_combined": ("Putamen", "GP"),
}
"""The six regions without published statistics, and of which regions each is made.

A subject's value is the mean of the subject's values of these parts; a left or right region varies
around it by `SIDE_SD`. This is our own rule: it makes plausible values, not published ones.
"""

SIDE_SD = 0.01
"""SD, as a fraction, by which a left or right value differs from the mean of its parts."""


@cache
def group_statistics() -> pd.DataFrame:
    """Read the statistics the demo draws from.

    Archer et al. 2019, Lancet Digital Health 1: e222, doi:10.1016/S2589-7500(19)30105-0; computed
    from its public table of 1002 subjects.
    """
    source = files("neuroflow.demo.service") / "group_statistics.csv"
    with source.open(encoding="utf-8") as lines:
        table = pd.read_csv(lines, comment="#")
    table["stem"] = table["column"].str.rsplit("_", n=1).str[0]
    return table.drop(columns=["column", "region"]).set_index(["stem", "metric"]).astype(float)
