"""The quantitative report, aidp.csv, in the layouts a reader has to expect."""

from __future__ import annotations

import pandas as pd

from neuroflow.errors import DemoError

NOTICE = "SIMULATED by neuroflow's demo service. Not for clinical use."
"""Stands wherever simulated numbers appear."""

LAYOUTS = ("wide", "long", "transposed")
"""``wide``: one row with ``Subject``, a column per value: the likeliest layout, and the default.
``long``: a row per region, a column per metric.
``transposed``: a row per value, without header."""


def check_layout(layout: str) -> str:
    """Refuse a layout that is not known."""
    if layout not in LAYOUTS:
        raise DemoError(
            f"There is no layout {layout!r} of aidp.csv.", advice=f"Use one of {LAYOUTS}."
        )
    return layout


def aidp_text(values: pd.DataFrame, study_id: str, layout: str = "wide") -> str:
    """Write the values of one study.

    Examples
    --------
    >>> values = pd.DataFrame({"region": ["MCP"] * 2, "metric": ["FW", "FA"], "value": [0.1, 0.6]})
    >>> print(aidp_text(values, "a1", "long"))
    # SIMULATED by neuroflow's demo service. Not for clinical use.
    region,FW,FA
    MCP,0.100000,0.600000
    <BLANKLINE>
    >>> print(aidp_text(values, "a1", "wide"))
    # SIMULATED by neuroflow's demo service. Not for clinical use.
    Subject,MCP_FW,MCP_FA
    a1,0.100000,0.600000
    <BLANKLINE>
    """
    check_layout(layout)
    regions = values["region"].drop_duplicates()
    metrics = values["metric"].drop_duplicates()
    named = values.set_axis(values["region"] + "_" + values["metric"])["value"]
    if layout == "long":
        table = values.pivot(index="region", columns="metric", values="value")
        table = table.loc[regions, list(metrics)].reset_index()
        body = table.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    elif layout == "wide":
        row = pd.DataFrame([named]).assign(Subject=study_id)[["Subject", *named.index]]
        body = row.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    else:
        body = named.to_csv(header=False, float_format="%.6f", lineterminator="\n")
    return f"# {NOTICE}\n{body}"
