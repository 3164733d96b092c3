"""Write docs/gallery.md, every figure with its code, and the list of figures in the reference.

Run with ``python tools/make_gallery.py``. A test keeps the page true: the code of each figure is
executed, and page and pictures must name the same figures.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from neuroflow import plot
from neuroflow.compare.correlate import correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report.top_regions import top_regions
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.matrix.regions import resolve
from neuroflow.results.table.coverage import coverage

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gallery.md"
REFERENCE = ROOT / "docs" / "reference.md"
LISTED = r"(## Figures\n.*?:toctree: api\n\n).*?(   plot\.read_masks\n)"
"""The list of figures in the reference, and what stands before and after it."""
PICTURES = ROOT / "docs" / "images" / "gallery"
DPI = 100
BIOMARKERS = '["pSN", "Putamen", "SCP", "MCP"]'

# What the register does not hold: further uses of its figures. Name, title, code.
FURTHER = (
    ("heatmap_cluster", "Similar ones side by side", 'nf.plot.heatmap(table, order="cluster")'),
    (
        "panels",
        "Panels of a figure of your own",
        "import matplotlib.pyplot as plt\n\n"
        "size = (180 / 25.4, 80 / 25.4)  # a journal's page, in inches\n"
        'figure, (left, ax) = plt.subplots(1, 2, figsize=size, layout="constrained")\n'
        'nf.plot.strip(table, ["pSN", "SCP"], ax=left)\n'
        f"nf.plot.forest(effects, {BIOMARKERS}, ax=ax)\nax",
    ),
    (
        "pages",
        "Many regions on a page",
        "nf.plot.pages(nf.plot.forest, effects, nf.top_regions(effects, 40), columns=2)[0]",
    ),
    (
        "dark",
        "On a dark background",
        'with nf.plot.styled(theme="dark"):\n    ax = nf.plot.strip(table)\nax',
    ),
)
FIGURES = (
    *((figure.name, figure.title, figure.example) for figure in plot.FIGURES.in_order()),
    *FURTHER,
)

HEAD = """# Gallery

Each figure is shown below the code that draws it. All functions take a DataFrame and return
matplotlib axes; nothing is displayed or saved automatically. The data are simulated from published
group statistics (see `neuroflow.demo`).

```python
import neuroflow as nf

table = nf.read_results("results", participants="participants.tsv")
effects = nf.compare_groups(table, reference="Control", covariates=["age", "sex"])
```

`visits` is such a table with three visits of each participant, `sites` one of three scanners that
differ.
`nf.plot.save_figure(ax, "figure1", ["png", "svg", "pdf"])` writes files, and `nf.plot.caption(ax)`
returns what to write below. This page is made by `tools/make_gallery.py`.
"""


class Names:
    """The public names that the code of the gallery uses, under ``nf``."""

    plot = plot
    compare_groups = staticmethod(compare_groups)
    correlate_regions = staticmethod(correlate_regions)
    coverage = staticmethod(coverage)
    top_regions = staticmethod(top_regions)


def cohort(visits: int = 1) -> pd.DataFrame:
    """Simulate a cohort table of four groups."""
    rng = np.random.default_rng(1)
    frames = []
    for group, n in (("Control", 24), ("PD", 24), ("MSA", 16), ("PSP", 18)):
        for number in range(1, n + 1):
            name, age, sex = f"{group}{number:02d}", rng.normal(66, 7), rng.choice(["F", "M"])
            for visit in range(1, visits + 1):
                when = age + 1.5 * (visit - 1)
                values = simulate(Subject(name, group, when, str(sex), visit), seed=5)
                if visit > 1 and group != "Control":  # the engine knows no course of disease
                    worse = 1 + 0.06 * (visit - 1) * (1 + (group == "PSP"))
                    values["value"] = (values["value"] * worse).clip(upper=0.99)
                frames.append(
                    values.assign(
                        study_id=f"{name}v{visit}", participant_id=name, session_id=str(visit),
                        group=group, age=round(when, 1), sex=sex, site="AB"[number % 2],
                    )
                )  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    names = {stem: resolve(stem) for stem in table["region"].unique()}
    for column in ("region_name", "kind", "system", "hemisphere", "region"):
        table[column] = table["region"].map({s: getattr(n, column) for s, n in names.items()})
    table["metric"] = table["metric"].replace("FA", "FAt")
    table.loc[rng.random(len(table)) < 0.004, "value"] = np.nan
    return table.assign(p_atypical=predicted(table))


def several_sites(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as if three scanners had measured it, two of which differ."""
    rng = np.random.default_rng(11)
    studies = table["study_id"].astype("category").cat.codes.to_numpy()
    site = np.array(["Graz", "Lund", "Ulm"])[studies % 3]
    regions = table["region"].astype("category").cat.codes.to_numpy()
    shift = np.array([0.0, 0.02, -0.03]) + 0.008 * rng.normal(size=(regions.max() + 1, 3))
    noise = np.array([0.0, 0.0, 0.03])[studies % 3] * rng.normal(size=len(table))
    values = table["value"] + shift[regions, studies % 3] + noise
    return table.assign(site=site, value=values.clip(0.001, 0.999))


def predicted(table: pd.DataFrame) -> pd.Series:
    """Simulate the probability of an atypical syndrome that the service would report."""
    groups = table.drop_duplicates("study_id").set_index("study_id")["group"]
    centre = np.where(groups.isin(["MSA", "PSP"]), 1.6, -1.6)
    logit = np.random.default_rng(7).normal(centre, 1.6)
    return table["study_id"].map(pd.Series(1 / (1 + np.exp(-logit)), groups.index).round(3))


def world() -> dict[str, Any]:
    """Return what the code of the gallery may name."""
    table = cohort()
    return {
        "nf": Names,
        "table": table,
        "sites": several_sites(table),
        "visits": cohort(3),
        "effects": compare_groups(table, reference="Control", covariates=["age", "sex"]),
    }


def draw(code: str, names: dict[str, Any]) -> Any:
    """Run the code of one figure, and return what its last line gives."""
    *before, last = code.split("\nax") if code.endswith("\nax") else [code]
    scope = dict(names)
    if before:
        exec(before[0], scope)  # noqa: S102  (our own code, above)
        return scope["ax"]
    return eval(last, scope)  # noqa: S307


def anchor(title: str) -> str:
    """Return the anchor of a heading, as the site and hosts of repositories make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def overview() -> str:
    """Return a table of thumbnails: each figure with its usual names."""
    rows = [
        f'| <img src="images/gallery/{figure.name}.png" alt="" width="140"> '
        f"| [{figure.title}](#{anchor(figure.title)}) | {figure.usual_names} |"
        for figure in plot.FIGURES.in_order()
    ]
    return "\n".join(
        ["| Picture | Figure | Also called, or instead of |", "| --- | --- | --- |", *rows, ""]
    )


def page() -> str:
    """Return the page."""
    parts = [HEAD, overview()]
    for name, title, code in FIGURES:
        parts.append(
            f"## {title}\n\n```python\n{code}\n```\n\n![{title}](images/gallery/{name}.png)\n"
        )
    return "\n".join(parts)


def reference() -> str:
    """Return docs/reference.md with the list of all figures."""
    names = "".join(f"   plot.{figure.name}\n" for figure in plot.FIGURES.in_order())
    page = REFERENCE.read_text(encoding="utf-8")
    return re.sub(LISTED, lambda found: found[1] + names + found[2], page, flags=re.DOTALL)


def main() -> int:
    """Draw all pictures and write the page."""
    names = world()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with plot.styled(note="Simulated data"):
        for name, _, code in FIGURES:
            (file,) = plot.save_figure(draw(code, names), PICTURES / name, ["png"], dpi=DPI)
            with Image.open(file) as picture:  # 256 colours are enough, at a third of the size
                small = picture.convert("RGB").quantize(256)
            small.save(file, optimize=True)
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    REFERENCE.write_text(reference(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
