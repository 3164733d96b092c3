"""The quantitative report, aidp.csv, in the layouts a reader has to expect."""

from __future__ import annotations

import csv
import io
from math import isnan

import pandas as pd

from neuroflow.errors import DemoError

NOTICE = "SIMULATED by neuroflow's demo service. Not for clinical use."
"""Stands wherever simulated numbers appear."""

LAYOUTS = ("wide", "long", "transposed")
"""``wide``: one row with ``Subject``, a column per value: the likeliest layout, and the default.
``long``: a row per region, a column per metric.
``transposed``: a row per value, without header."""

_COLUMNS = ("region", "metric", "value")


def check_layout(layout: str) -> str:
    """Refuse a layout that is not known."""
    if layout not in LAYOUTS:
        raise DemoError(
            f"There is no layout {layout!r} of aidp.csv.", advice=f"Use one of {LAYOUTS}."
        )
    return layout


def aidp_text(values: pd.DataFrame, study_id: str, layout: str = "wide") -> str:
    """Write the values of one study."""
    check_layout(layout)
    texts = {
        (region, metric): "" if isnan(value) else f"{value:.6f}"
        for region, metric, value in zip(*(values[name].tolist() for name in _COLUMNS), strict=True)
    }
    if layout == "long":
        metrics = dict.fromkeys(metric for _, metric in texts)
        rows = [["region", *metrics]]
        for region in dict.fromkeys(region for region, _ in texts):
            rows.append([region, *(texts.get((region, metric), "") for metric in metrics)])
    else:
        named = {"_".join(name): text for name, text in texts.items()}
        rows = [["Subject", *named], [study_id, *named.values()]]
        if layout == "transposed":
            rows = [[name, text] for name, text in named.items()]
    body = io.StringIO()
    csv.writer(body, lineterminator="\n").writerows(rows)
    return f"# {NOTICE}\n{body.getvalue()}"
