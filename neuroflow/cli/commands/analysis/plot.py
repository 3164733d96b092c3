"""``neuroflow plot``: one figure from a cohort table, to a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import with_facts
from neuroflow.cli.options import (
    AsJson,
    By,
    Contrasts,
    CorrectionName,
    ExcludeSuspect,
    Groups,
    Metric,
    Participants,
    Quiet,
    Source,
    Visit,
    none_is_all,
    none_is_empty,
    parse_contrasts,
    split_list,
)
from neuroflow.cli.table_completion import columns as columns_of
from neuroflow.cli.table_completion import groups as group_names
from neuroflow.cli.table_completion import in_list, references, studies
from neuroflow.cli.table_completion import regions as region_names
from neuroflow.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from neuroflow.plot import FigureSpec


_OPTIONS = {
    "region": "--regions, with one region",
    "study_id": "--study",
    "participant_id": "--study, with a participant",
    "score": "--score",
}
"""How an argument that a figure requires is given on the command line."""
_COMPUTED = {
    "effects": (
        "compare_groups",
        (
            *("by", "reference", "contrasts", "covariates", "metric", "visit", "correction"),
            "exclude_suspect",
        ),
    ),
    "correlations": ("correlate_regions", ("by", "covariates", "metric", "exclude_suspect")),
    "completeness": ("coverage", ()),
}
"""What is computed from the cohort table for figures that need it, and from which options."""
_USUAL: dict[str, Any] = {
    "regions": None,
    "metric": "FW",
    "reference": "auto",
    "contrasts": None,
    "covariates": [],
    "correction": "bh",
    "study_id": None,
    "score": None,
    "positive": None,
    "time": "age",
    "unit": None,
    "top": None,
    "significant": False,
}
"""Options that only some figures use, with their defaults."""


def kinds(incomplete: str = "") -> list[str]:
    """Return the names of the figures, for the help and for the shell."""
    from neuroflow.plot import FIGURES

    return sorted(name for name in FIGURES if name.startswith(incomplete))


def plot(
    kind: Annotated[
        str, typer.Argument(help=f"The figure: {', '.join(kinds())}.", autocompletion=kinds)
    ],
    source: Source,
    to: Annotated[
        list[Path], typer.Option(help="The file: .png, .svg or .pdf; may be given several times.")
    ],
    regions: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these regions: pSN,Putamen; all if omitted.",
            autocompletion=in_list(region_names),
        ),
    ] = None,
    metric: Metric = "FW",
    by: By = "group",
    groups: Groups = None,
    reference: Annotated[
        str,
        typer.Option(
            help="The reference group; auto: controls; none: all studies.",
            autocompletion=references,
        ),
    ] = "auto",
    contrasts: Contrasts = None,
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            help="Adjust for columns: age,sex; none for none; as usual for the figure if omitted.",
            autocompletion=in_list(columns_of),
        ),
    ] = None,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    exclude_suspect: ExcludeSuspect = None,
    study: Annotated[
        str | None,
        typer.Option(
            help="The study, for profile: its id, or participant and session; the participant, for "
            "change_profile.",
            autocompletion=studies,
        ),
    ] = None,
    score: Annotated[
        str | None,
        typer.Option(
            help="The column with the score, for scatter, roc and calibration.",
            autocompletion=columns_of,
        ),
    ] = None,
    positive: Annotated[
        list[str] | None,
        typer.Option(
            help="Groups to detect, for roc and calibration; all patients if omitted.",
            autocompletion=in_list(group_names),
        ),
    ] = None,
    time: Annotated[
        str,
        typer.Option(
            help="The column with the age or date of the visit, for figures of repeated visits.",
            autocompletion=columns_of,
        ),
    ] = "age",
    unit: Annotated[
        str | None, typer.Option(help="The unit of numbers in --time: years, months or days.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(help="Only as many regions, those of the smallest p.", min=1)
    ] = None,
    significant: Annotated[
        bool, typer.Option("--significant", help="Only regions with q below 0.05.")
    ] = False,
    columns: Annotated[
        int | None,
        typer.Option(
            help="Cut into pages of 225 mm with 1 or 2 columns: NAME_1, ...", min=1, max=2
        ),
    ] = None,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    note: Annotated[str, typer.Option(help="A line below the figure.")] = "",
    dpi: Annotated[int, typer.Option(help="Resolution, in dots per inch.", min=50, max=1200)] = 300,
    caption: Annotated[
        bool, typer.Option("--caption", help="Also write the caption, as .txt.")
    ] = False,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw one figure into files; what it shows and how it was computed is printed."""
    from neuroflow import plot as plots

    with Console(as_json=as_json, quiet=quiet) as console:
        figure = _figure(kind)
        chosen, adjust = split_list(regions), none_is_empty(split_list(covariates))
        values = {
            "regions": chosen,
            "region": chosen[0] if chosen and len(chosen) == 1 else None,
            "metric": metric,
            "by": by,
            "reference": none_is_all(reference),
            "contrasts": parse_contrasts(contrasts),
            **({} if adjust is None else {"covariates": adjust}),  # else as usual for the figure
            "visit": visit,
            "correction": correction,
            "exclude_suspect": exclude_suspect,
            "study_id": study,
            "participant_id": study,
            "score": score,
            "truth": by,
            "positive": split_list(positive),
            "time": time,
            "unit": unit,
            "top": top,
            "significant": significant,
        }
        if missing := figure.missing(values):
            raise OptionError(f"The figure {kind} needs {_OPTIONS[missing[0]]}.")
        _refuse_unused(figure, values)
        with plots.styled(theme=theme, note=note):
            whole = with_facts(source, participants, None if score is None else [score])
            table = _rows(whole, by, split_list(groups), visit)
            axes = _draw(figure, table, values, columns)
            files = [file for path in to for file in _save(axes, path, dpi)]
        words = plots.caption(axes[0])
        if caption:
            files.append(_write(to[0].with_suffix(".txt"), words))
        console.output({"files": files, "caption": words})
        console.print("\n".join([words, *map(str, files)]))


def _refuse_unused(figure: FigureSpec, values: Mapping[str, Any]) -> None:
    """Refuse options that the figure and what it needs do not use."""
    used = {*figure.arguments(values), *_COMPUTED.get(figure.needs, ("", ()))[1]}
    used |= {"regions", "region"} if {"regions", "region"} & used else set()
    used |= {"by"} if "truth" in used else set()
    used |= {"study_id"} if "participant_id" in used else set()
    if figure.needs == "effects" and "regions" in used:
        used |= {"top", "significant"}
    for name, usual in _USUAL.items():
        if name not in used and values.get(name, usual) != usual:
            option = {"study_id": "study"}.get(name, name)
            raise OptionError(
                f"The figure {figure.name} does not use --{option}.", advice=f"Omit --{option}."
            )


def _figure(kind: str) -> FigureSpec:
    from neuroflow.plot import FIGURES

    if kind not in FIGURES:
        raise OptionError(
            f"There is no figure {kind!r}.", advice=f"Choose from {', '.join(kinds())}."
        )
    return FIGURES[kind]


def _draw(
    figure: FigureSpec, table: pd.DataFrame, values: Mapping[str, Any], columns: int | None
) -> list[Axes]:
    """Compute the data that a figure needs, and draw it on one page or several."""
    import neuroflow as nf

    if figure.needs in _COMPUTED:
        function, names = _COMPUTED[figure.needs]
        options = {name: values[name] for name in names if name in values}
        data = getattr(nf, function)(table, **options)
        values = {**values, "contrasts": None}  # the effects are those of these contrasts
        values.pop("by")  # of the comparison
    else:
        data = table
    if values["top"] is not None or values["significant"]:
        alpha = 0.05 if values["significant"] else None
        regions = nf.top_regions(data, values["top"], alpha=alpha, metric=values["metric"])
        known = values["regions"]
        values = {**values, "regions": [one for one in regions if known is None or one in known]}
    options = figure.arguments(values)
    if columns is None:
        return [figure.draw(data, **options)]
    regions, metric = options.pop("regions", None), options.pop("metric", "FW")
    return nf.plot.pages(figure.draw, data, regions, metric, columns=columns, **options)


def _rows(
    table: pd.DataFrame, by: str, groups: list[str] | None, visit: str | None
) -> pd.DataFrame:
    """Keep the wanted groups and visits."""
    from neuroflow.matrix import choose_visits, match_labels

    if groups is not None and by in table:
        groups = match_labels("group", groups, sorted(table[by].dropna().astype(str).unique()))
        table = table[table[by].astype(str).isin(groups)]
    if visit is not None:
        studies = table.drop_duplicates("study_id").reset_index(drop=True)
        kept = studies.loc[choose_visits(studies, visit), "study_id"]
        table = table[table["study_id"].isin(kept)]
    return table


def _save(pages: list[Axes], path: Path, dpi: int) -> list[Path]:
    """Write one file, or one for each page: NAME_1, NAME_2."""
    from neuroflow import plot as plots

    kind = [path.suffix.removeprefix(".").lower()]
    if len(pages) == 1:
        return plots.save_figure(pages[0], path, kind, dpi=dpi)
    places = [path.with_stem(f"{path.stem}_{i}") for i in range(1, len(pages) + 1)]
    return [
        file
        for page, place in zip(pages, places, strict=True)
        for file in plots.save_figure(page, place, kind, dpi=dpi)
    ]


def _write(path: Path, words: str) -> Path:
    from neuroflow.errors import FolderError
    from neuroflow.io import atomic_write

    with atomic_write(path, error=FolderError) as temporary:
        temporary.write_text(words + "\n", encoding="utf-8")
    return path
