"""The reports on one simulated study: what the service writes for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from neuroflow.contract import BIOMARKERS, CONTROL_FREE_WATER
from neuroflow.demo.service.aidp import NOTICE
from neuroflow.demo.service.reference_stats import group_statistics

PRODUCT = "PD/MSA/PSP (simulated)"
MODEL_VERSION = "demo-1"

DISEASES = ("PD", "MSA", "PSP")
"""The groups that a study may come from."""

CONTROLS = CONTROL_FREE_WATER


@dataclass(frozen=True, slots=True)
class Prediction:
    """The contents of the simulated reports of a study."""

    atypical: float  # Probability of MSA or PSP against PD
    psp: float  # Probability of PSP against MSA
    biomarkers: Mapping[str, float]  # Free water (fraction) of the four regions in `BIOMARKERS`

    @property
    def is_atypical(self) -> bool:
        """Whether MSA or PSP is the likelier answer."""
        return self.atypical >= 0.5


def predict(values: pd.DataFrame) -> Prediction:
    """Compare the four biomarkers of a study with the groups they may come from.

    This is a naive Bayes rule with normal densities and equal odds: a stand-in that makes reports
    plausible, in no way the classifier of neuropacs.

    Examples
    --------
    >>> from neuroflow.demo.service.engine import Subject, simulate
    >>> prediction = predict(simulate(Subject("01", "PSP", 70.0, "M")))
    >>> 0 <= prediction.atypical <= 1, list(prediction.biomarkers)
    (True, ['pSN', 'Putamen', 'SCP', 'MCP'])

    References
    ----------
    Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, section 6.6.3. Densities:
    `neuroflow.demo.service.reference_stats.group_statistics`.
    """
    columns = (values[name].tolist() for name in ("region", "metric", "value"))
    free_water = {
        region: value for region, metric, value in zip(*columns, strict=True) if metric == "FW"
    }
    biomarkers = {region: float(free_water[region]) for region in BIOMARKERS}
    means, sds = _moments()
    densities = np.asarray(stats.norm.logpdf(list(biomarkers.values()), means, sds))
    log = dict(zip(DISEASES, densities.sum(axis=1).tolist(), strict=True))
    atypical = np.logaddexp(log["MSA"], log["PSP"]) - np.log(2)
    return Prediction(
        atypical=_probability(atypical - log["PD"]),
        psp=_probability(log["PSP"] - log["MSA"]),
        biomarkers=biomarkers,
    )


def prediction_text(prediction: Prediction, study_id: str, at: datetime) -> str:
    """Write prediction.txt as neuropacs does since 2024: ``Key:value``, no blank after the colon.

    References
    ----------
    The sample report in the public tests of neuropacs, with the keys of 2025; the controls are
    those that it prints.
    """
    likelier = "MSA or PSP is" if prediction.is_atypical else "PD is"
    lines = [
        f"Order ID:{study_id}",
        f"Date (Y-M-D):{at:%Y-%m-%d}",
        "Input:1 study",
        f"Analysis:{PRODUCT}",
        f"ML Version:{MODEL_VERSION}",
        f"Atypical:{prediction.atypical:.4f}",
        f"Atypical Info:{likelier} more probable.",
    ]
    if prediction.is_atypical:
        lines += [
            f"PSPvsMSAp:{prediction.psp:.4f}",
            f"PSPvsMSAp Info:{'PSP' if prediction.psp >= 0.5 else 'MSAp'} is more probable.",
        ]
    for region in sorted(BIOMARKERS):
        mean, sd = CONTROLS[region]
        lines += [
            f"{region} Free Water Value:{prediction.biomarkers[region]:.4f}",
            f"{region} Control Mean:{mean:.4f}",
            f"{region} Control StDev:{sd:.4f}",
        ]
    return "\n".join([*lines, f"Disclaimer:{NOTICE}"]) + "\n"


def failure_text(reason: str, study_id: str, at: datetime) -> str:
    """Write the failure report on a study that could not be processed.

    Examples
    --------
    >>> print(failure_text("The zip is empty.", "a1", datetime(2025, 1, 1)))
    Failure Report
    Order ID:a1
    Date (Y-M-D):2025-01-01
    Reason for Failure
    Application: PRE-PROCESSING
    Reason: The zip is empty.
    Disclaimer:SIMULATED by neuroflow's demo service. Not for clinical use.
    <BLANKLINE>
    """
    return (
        f"Failure Report\nOrder ID:{study_id}\nDate (Y-M-D):{at:%Y-%m-%d}\nReason for Failure\n"
        f"Application: PRE-PROCESSING\nReason: {reason}\nDisclaimer:{NOTICE}\n"
    )


@cache
def _moments() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means and SDs of the biomarkers, a row per disease."""
    reference = pd.DataFrame(group_statistics().xs("FW", level="metric")).loc[list(BIOMARKERS)]
    columns = ([f"{group}_{name}" for group in DISEASES] for name in ("mean", "sd"))
    means, sds = (reference[names].to_numpy().T for names in columns)
    return means, sds


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))))
