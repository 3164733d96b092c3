"""The answer of the Explore form: what was found, in sentences and as a table of effects."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from neuroflow.compare import key_findings
from neuroflow.matrix import REGION_KEY
from neuroflow.widgets.common import bind, html, private
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.table import effects_table


def effects_panel(model: ExploreModel) -> private.VBox:
    """Draw what was found: a sentence for each contrast, then the table of effects."""
    found = private.HTML()

    def update() -> None:
        if model.choices is None:
            return
        sentences, notes = _sentences(model.effects)
        lines = "".join(f"<li>{html.text(line)}</li>" for line in sentences)
        below = html.text(" ".join([*notes, answer_summary(model)]))
        found.value = (
            f'<div role="status" class="nf-panel"><ul class="nf-steps">{lines}</ul>'
            f'<p class="nf-dim">{below}</p></div>'
        )

    bind(model, ["effects", "choices"], update)
    return private.VBox([found, effects_table(model)])


def _sentences(effects: pd.DataFrame | None) -> tuple[list[str], list[str]]:
    """Return a sentence for each contrast and metric, and what is said of all of them."""
    if effects is None:
        return [], []
    lines = key_findings(effects).splitlines()
    n = len(effects[["contrast", "metric"]].drop_duplicates())
    return lines[:n], lines[n:]


def answer_summary(model: ExploreModel) -> str:
    """Return how many regions were compared, each side as one, and why others were not."""
    effects, total = model.effects, 0 if model.choices is None else len(model.choices.regions)
    if effects is None:
        return f"0 of {total} regions are compared."
    answered = effects["estimate"].notna()
    n = len(effects.loc[answered, list(REGION_KEY)].drop_duplicates())
    status = f"{n} of {total} regions are compared"
    is_corrected = n > 0 and effects.attrs.get("correction") != "none"
    status += "; p values are corrected over these." if is_corrected else "."
    reasons = Counter(effects.loc[~answered, "reason"]).most_common(1)
    if reasons:
        status += (
            f" {(~answered).sum()} of {len(effects)} comparisons could not be made, most often: "
        )
        status += f"{reasons[0][0]}."
    return status
