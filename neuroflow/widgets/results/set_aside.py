"""Setting the opened result aside, or one of its regions, with a reason; and including it again."""

from __future__ import annotations

from functools import cache

from neuroflow.matrix import load_regions
from neuroflow.plot import region_labels
from neuroflow.widgets.common import (
    SHORT,
    bind,
    button,
    cure_on_change,
    field,
    html,
    in_row,
    private,
    problems_at,
    set_options,
    set_visible,
)
from neuroflow.widgets.results.gallery_model import GalleryModel

WHOLE = "the whole study"


@cache
def _region_names() -> dict[str, str]:
    """Map the keys of regions to their names in figures; both hemispheres share one key."""
    rows = load_regions()
    is_pair = rows["region"].duplicated(keep=False)
    rows = rows.assign(hemisphere=rows["hemisphere"].mask(is_pair, ""))
    return dict(zip(rows["region"], region_labels(rows), strict=True))


def part_name(region: str) -> str:
    """Return what is set aside, as figures name it: a region, or the study where it is empty."""
    return _region_names().get(region, region) if region else WHOLE


def set_aside_panel(model: GalleryModel) -> private.VBox:
    """Draw the decision about the opened result."""
    words = private.HTML()
    region = field(
        private.Dropdown,
        "Set aside",
        "The whole study, or one of its regions",
        layout=SHORT,
    )
    reason = field(
        private.Text,
        "Reason",
        "The reason; it appears in captions and methods texts",
        placeholder="e.g. motion, or registration failed",
    )

    def act() -> None:
        model.exclude(region.value or "", reason.value)
        reason.value = ""

    out = button(model, "Set aside", "Exclude it from every table, test and figure", act)
    back = button(
        model,
        "Include again",
        "Include it again in every table, test and figure",
        lambda: model.include(region.value or ""),
    )
    row = in_row(region, reason, out, back)
    cure_on_change(model, reason, "reason")
    problems_at(model, row, {"reason": reason})
    box = private.VBox([words, row], classes="nf-panel")

    def update() -> None:
        decided = dict(model.decisions)
        lines = [f"{part_name(key)}: {why}" for key, why in decided.items()]
        words.value = (
            f'<p class="nf-head" role="status">Set aside</p>{html.bullets(lines)}' if lines else ""
        )
        choices = [(part_name(key), key) for key in ("", *model.regions)]
        values = [value for _, value in choices]
        set_options(region, choices, region.value if region.value in values else "")
        set_visible(box, bool(model.name) and model.can_decide)
        fit()

    def fit() -> None:
        set_visible(back, (region.value or "") in dict(model.decisions))
        out.disabled = model.busy or not reason.value.strip()
        back.disabled = model.busy

    region.observe(lambda _: fit(), names="value")
    reason.observe(lambda _: fit(), names="value")
    bind(model, ["name", "regions", "decisions", "reports"], update)
    bind(model, ["busy"], fit)
    return box
