"""One person's change against the changes of the reference group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from neuroflow.compare import person_change
from neuroflow.errors import OptionError
from neuroflow.matrix import REGION_KEY, ExcludeSuspect, FloatArray, TimeUnit
from neuroflow.plot._profile import draw_profile
from neuroflow.plot.common import (
    lower_first,
    metric_name,
    order_regions,
    pick_regions,
)
from neuroflow.plot.figures import FigureSpec

_PLACE = list(REGION_KEY)


def change_profile(
    table: pd.DataFrame,
    participant_id: str,
    regions: Sequence[str] | None = None,
    metric: str = "FW",
    *,
    by: str = "group",
    reference: str = "auto",
    time: str = "age",
    unit: TimeUnit | None = None,
    covariates: str | Sequence[str] = ("age",),
    repeatability: pd.DataFrame | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one person's change, first to last visit, against that expected in the reference.

    Parameters
    ----------
    table
        The cohort table, with repeated visits.
    participant_id
        The person.
    regions
        Identifiers or names of regions, in the order to draw; None for all, sorted by system.
    metric
        The metric to draw, such as ``"FW"``.
    by, reference, time, unit, covariates, repeatability, confidence, exclude_suspect
        As for `neuroflow.person_change`; with `repeatability`, regions whose change exceeds the
        repeatability coefficient are marked with †.
    ax
        Axes to draw on; None makes a figure whose height grows with the regions.

    Returns
    -------
    Axes
        Regions outside their prediction interval are filled, and their names are bold.

    Raises
    ------
    OptionError
        The table has no such person with two visits, region or metric.
    CompareError
        There is no reference group, or too few of it have two visits.
    TableError
        The table lacks a column.

    Notes
    -----
    With many regions some lie outside by chance: 5 % of them at the default confidence.

    References
    ----------
    Crawford JR, Garthwaite PH (2006), Neuropsychology 20:259-271 (one person and a regression).

    Examples
    --------
    >>> rows = [(f"p{i}v{v}", f"p{i}", "PSP" if i == 8 else "Control", 60 + i % 3 + v,
    ...          0.3 + 0.01 * (i * 7 % 5) * v + 0.2 * v * (i == 8))
    ...         for i in range(9) for v in (0, 1)]
    >>> table = pd.DataFrame(rows, columns=["study_id", "participant_id", "group", "age", "value"])
    >>> table = table.assign(region="SCP", metric="FW")
    >>> change_profile(table, "p8", covariates=()).get_xlabel()
    'Change of free water against the reference (z)'
    """
    changes = person_change(
        table,
        by=by,
        reference=reference,
        time=time,
        unit=unit,
        covariates=covariates,
        repeatability=repeatability,
        metric=metric,
        confidence=confidence,
        exclude_suspect=exclude_suspect,
    )
    facts = changes.attrs
    who = changes["participant_id"].astype(str)
    mine = _rows_of(changes[who == str(participant_id)], str(participant_id), regions, confidence)
    members = changes[
        (changes[by].astype(str) == facts["individual"]) & (who != str(participant_id))
    ]
    around = _around(members, mine)
    quantity = f"Change of {lower_first(metric_name(metric))}"
    exceeds = mine["exceeds"].fillna(value=False).to_numpy(dtype=bool)
    return draw_profile(
        ax,
        mine,
        around,
        group=str(mine[by].iloc[0]),
        confidence=confidence,
        axis_label=f"{quantity} against the reference (z)",
        title=f"{quantity} of {participant_id}.",
        facts=_facts(mine, facts),
        notes=facts["data_notes"],
        exceeding=None if repeatability is None else exceeds,
    )


FIGURE = FigureSpec(
    "change_profile",
    change_profile,
    needs="visits",
    title="Change profile: one person's change compared with the controls",
    usual_names="reliable change, responder, single-subject change",
    example='nf.plot.change_profile(visits, "PSP01", ["pSN", "Putamen", "SCP", "MCP"])',
    order=85,
)


def _rows_of(
    mine: pd.DataFrame, wanted: str, regions: Sequence[str] | None, confidence: float
) -> pd.DataFrame:
    """Return the person's changes in the order of drawing; intervals are the same in z."""
    if mine.empty:
        raise OptionError(
            f"The table has no two visits of {wanted}.",
            advice="Name a participant_id with values at two times.",
        )
    mine = mine.reset_index(drop=True)
    chosen = np.flatnonzero(pick_regions(mine, regions))
    some = mine.iloc[chosen].reset_index(drop=True)
    order = order_regions(some, [regions] if isinstance(regions, str) else regions)
    half = float(stats.norm.ppf((1 + confidence) / 2))
    rows = some.iloc[order].reset_index(drop=True)
    return rows.assign(outside=rows["beyond"], expected=0.0, sd=1.0, pi_low=-half, pi_high=half)


def _around(members: pd.DataFrame, mine: pd.DataFrame) -> FloatArray:
    """Return the z of the reference's members, regions x people."""
    wide = members.pivot_table(
        index=_PLACE, columns="participant_id", values="z", observed=True, dropna=False
    )
    keys = pd.MultiIndex.from_frame(mine[_PLACE])
    found: FloatArray = wide.reindex(keys).to_numpy(dtype=np.float64)
    return found


def _facts(mine: pd.DataFrame, facts: Mapping[Any, Any]) -> list[str]:
    """Return between which visits the change is, and what the reference is adjusted for."""
    adjusted = " and ".join(["the interval", *map(str, facts["covariates"])])
    low, high = mine["years"].min(), mine["years"].max()
    years = f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}"
    return [
        f"First to last visit: {years} years.",
        f"Reference: {facts['individual']} (n = {facts['n_reference']}), adjusted for {adjusted}.",
    ]
