"""``neuroflow plot``: one figure from a cohort table, to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    AsJson,
    Contrasts,
    CorrectionName,
    Covariates,
    Groups,
    Participants,
    Quiet,
    Source,
    Visit,
    parse_contrasts,
    split_list,
)
from neuroflow.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from neuroflow.compare import Correction


@dataclass(frozen=True, slots=True)
class Wish:
    """What a figure shows; each name is that of the API."""

    table: pd.DataFrame  # The cohort table, of the wanted groups and visits
    regions: list[str] | None  # See `neuroflow.plot` and `neuroflow.compare_groups`.
    metric: str
    by: str
    covariates: list[str]
    contrasts: list[str] | str | None
    reference: str
    visit: str | None
    correction: Correction
    study_id: str | None
    score: str | None

    def one(self, what: str) -> str:
        """Return the one value that a kind of figure cannot do without."""
        value = getattr(self, what)
        if what == "regions" and value is not None and len(value) == 1:
            return str(value[0])
        if what == "regions" or value is None:
            option = what.replace("_id", "").replace("_", "-")
            raise OptionError(f"This figure needs --{option}, one of it.")
        return str(value)

    def effects(self) -> pd.DataFrame:
        """Compare the groups, as `neuroflow compare` does."""
        import neuroflow as nf

        return nf.compare_groups(
            self.table,
            by=self.by,
            reference=None if self.reference == "none" else self.reference,
            contrasts=self.contrasts,
            covariates=self.covariates,
            metric=self.metric,
            visit=self.visit,
            correction=self.correction,
        )

    def group(self) -> dict[str, Any]:
        """Return the options of figures that hold studies against a reference group."""
        return {
            "by": self.by,
            "reference": None if self.reference == "none" else self.reference,
            "covariates": self.covariates,
            "regions": self.regions,
        }


def _kinds() -> dict[str, Callable[[Wish], Axes]]:
    """Return every kind of figure; matplotlib is loaded by the one that is drawn."""
    from neuroflow import plot as plots

    return {
        "strip": lambda w: plots.strip(w.table, w.regions, w.metric, by=w.by),
        "raincloud": lambda w: plots.raincloud(w.table, w.regions, w.metric, by=w.by),
        "heatmap": lambda w: plots.heatmap(w.table, metric=w.metric, **w.group()),
        "profile": lambda w: plots.profile(
            w.table, w.one("study_id"), metric=w.metric, **w.group()
        ),
        "forest": lambda w: plots.forest(w.effects(), regions=w.regions),
        "volcano": lambda w: plots.volcano(w.effects()),
        "brain": lambda w: plots.brain(w.effects(), regions=w.regions),
        "trajectory": lambda w: plots.trajectory(w.table, w.one("regions"), w.metric, by=w.by),
        "scatter": lambda w: plots.scatter(
            w.table, w.one("score"), w.one("regions"), w.metric, by=w.by, covariates=w.covariates
        ),
        "correlation": _correlation,
        "coverage": _coverage,
    }


def _correlation(wish: Wish) -> Axes:
    import neuroflow as nf

    pairs = nf.correlate_regions(
        wish.table, metric=wish.metric, covariates=wish.covariates, by=wish.by
    )
    return nf.plot.correlation(pairs, regions=wish.regions)


def _coverage(wish: Wish) -> Axes:
    import neuroflow as nf

    return nf.plot.coverage(nf.coverage(wish.table))


def kinds(incomplete: str = "") -> list[str]:
    """Return the names of the kinds of figure, for the help and for the shell.

    Examples
    --------
    >>> kinds("s")
    ['scatter', 'strip']
    """
    return sorted(name for name in _kinds() if name.startswith(incomplete))


def plot(
    kind: Annotated[str, typer.Argument(help=", ".join(kinds()), autocompletion=kinds)],
    source: Source,
    to: Annotated[list[Path], typer.Option(help=".png, .svg or .pdf; repeatable.")],
    regions: Annotated[list[str] | None, typer.Option(help="pSN,Putamen; all if left out.")] = None,
    metric: Annotated[str, typer.Option(help="One metric.")] = "FW",
    by: Annotated[str, typer.Option(help="The column that holds the groups.")] = "group",
    groups: Groups = None,
    reference: Annotated[
        str, typer.Option(help="The reference group; auto: controls; none: all studies.")
    ] = "auto",
    contrasts: Contrasts = None,
    covariates: Covariates = None,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    study: Annotated[str | None, typer.Option(help="Which study: for profile.")] = None,
    score: Annotated[str | None, typer.Option(help="Which column: for scatter.")] = None,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    note: Annotated[str, typer.Option(help="Stands at the foot of the figure.")] = "",
    dpi: Annotated[int, typer.Option(help="Of the pixels.", min=50, max=1200)] = 300,
    caption: Annotated[
        bool, typer.Option("--caption", help="Write the caption beside it, as .txt.")
    ] = False,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw one figure into files; what it shows and how it was computed is printed."""
    from neuroflow import plot as plots

    with Console(as_json=as_json, quiet=quiet) as console:
        draw = _chosen(kind)
        with plots.styled(theme=theme, note=note):
            wish = Wish(
                table=_rows(cohort_table(source, participants), by, split_list(groups), visit),
                regions=split_list(regions),
                metric=metric,
                by=by,
                covariates=split_list(covariates) or [],
                contrasts=parse_contrasts(contrasts),
                reference=reference,
                visit=visit,
                correction=cast("Correction", correction),  # compare_groups checks it
                study_id=study,
                score=score,
            )
            axes = draw(wish)
            files = [file for path in to for file in _save(axes, path, dpi)]
        words = plots.caption(axes)
        if caption:
            files.append(_write(to[0].with_suffix(".txt"), words))
        console.output({"files": files, "caption": words})
        console.print("\n".join([words, *map(str, files)]))


def _chosen(kind: str) -> Callable[[Wish], Axes]:
    known = _kinds()
    if kind not in known:
        raise OptionError(
            f"There is no figure {kind!r}.", advice=f"Choose from {', '.join(known)}."
        )
    return known[kind]


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


def _save(axes: Axes, path: Path, dpi: int) -> list[Path]:
    from neuroflow import plot as plots

    return plots.save_figure(axes, path, [path.suffix.removeprefix(".").lower()], dpi=dpi)


def _write(path: Path, words: str) -> Path:
    from neuroflow.errors import FolderError
    from neuroflow.io import atomic_write

    with atomic_write(path, error=FolderError) as temporary:
        temporary.write_text(words + "\n", encoding="utf-8")
    return path
