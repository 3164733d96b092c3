"""Model of the Explore form: a question to the cohort table, its answer, the selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as StopEvent
from typing import Any

import pandas as pd
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Float, Instance, Tuple, Unicode

from neuroflow.errors import NeuroflowError, OptionError
from neuroflow.models import OnEvent
from neuroflow.plot import FIGURES, order_systems
from neuroflow.widgets.common import Problem, call_soon, study_labels, unique_labels
from neuroflow.widgets.explore.code import code_cell
from neuroflow.widgets.explore.export import (
    export_figure,
    export_methods,
    export_paper_table,
    export_report,
    export_table,
    saved_notice,
)
from neuroflow.widgets.explore.figures import FiguresModel
from neuroflow.widgets.explore.question import (
    USUAL_COVARIATES,
    Choices,
    Question,
    allowed,
    drawn_contrasts,
    form_entries,
    likely_next,
    listed_regions,
)
from neuroflow.widgets.explore.steps import Call, Step, run_steps
from neuroflow.widgets.simulated import NOTE, SIMULATED, has_simulated_rows
from neuroflow.workspace import Workspace

QUESTION_TRAITS = (
    *("cohort", "groups", "systems", "search", "visit", "reference", "metric"),
    *("covariates", "method", "robust", "correction", "exclude_suspect"),
)
"""Traits that make up the question."""
QUESTION = "question"
"""Where an error stands that is about the question as a whole."""


class ExploreModel(FiguresModel):
    """A question to the cohort table, its answer, and the selection in it."""

    choices = Instance(Choices, allow_none=True)
    opening = Dict()  # the question as the form opened with it
    cohort = Unicode("")
    groups = Tuple()
    systems = Tuple()
    search = Unicode("")
    visit = Unicode("")
    reference = Unicode("")
    metric = Unicode("FW")
    covariates = Tuple()
    method = Unicode("linear")
    robust = Unicode("none")
    correction = Unicode("bh")
    exclude_suspect = Bool(False)
    by_system = Bool(False)  # the order of the table of effects, instead of by p
    main = Unicode("forest")
    width = Float(0.0)  # of the exported figure in mm; 0 for that of the page
    region = Unicode("")
    study_id = Unicode("")
    contrast = Unicode("")
    names = Dict()
    contrasts = Tuple()
    effects = AnyTrait(None, allow_none=True)
    code = Unicode("")
    methods = Unicode("")
    shown = Unicode("")  # which regions tall figures list, and in which order
    order = Unicode("")
    suffix = Unicode(".csv")
    exported = Tuple()

    def __init__(
        self,
        ws: Workspace,
        *,
        defer: Callable[[Callable[[], None]], None] = call_soon,
        load: bool = True,
    ) -> None:
        super().__init__(defer=defer)
        self.ws = ws
        self._table: pd.DataFrame | None = None
        self._answered: object = None
        self._described: tuple[pd.DataFrame | None, str] = (None, "")
        self.observe(lambda _: self.run_safely(self._update_answer), names=list(QUESTION_TRAITS))
        selected = ["region", "study_id", "contrast", "views", "main", "shown", "order"]
        self.observe(
            lambda _: self.run_safely(self._update_figures), names=[*selected, "dark", "ratio"]
        )
        self.observe(lambda _: self.run_safely(self.describe_figures), names=["width"])
        if load:
            self.reload()

    # ------------------------------------------------------------------ results

    @property
    def table(self) -> pd.DataFrame | None:
        """The cohort table, once it is loaded."""
        return self._table

    @property
    def note(self) -> str:
        """What stands below figures and in texts: a mark of simulated values."""
        return NOTE if has_simulated_rows(self._table) else ""

    def marked(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table to export, each row marked if the values are simulated."""
        return table.assign(data=SIMULATED) if self.note else table

    def reload(self) -> None:
        """Load the results in the background; the question stays as it is."""
        if not any(self.ws.results_folder.glob("*")):
            return

        def work(_tell: OnEvent, _stop: StopEvent) -> tuple[pd.DataFrame, dict[str, str]]:
            return self.ws.table(), study_labels(self.ws)

        self.run("Loading the results", work, self._loaded)

    def _loaded(self, found: tuple[pd.DataFrame, dict[str, str]]) -> None:
        table, labels = found
        choices = Choices.of(table)
        is_first = self._table is None
        self._table = table
        names = {
            str(study): labels.get(str(study), str(study)) for study in table["study_id"].unique()
        }
        self._answered = None
        with self.hold_trait_notifications():
            self.names, self.choices = names, choices
            self._drop_unknown(choices)
            if is_first:
                self._set_defaults(choices)
                self.opening = self.asked
        self.run_safely(self._update_answer)

    def _set_defaults(self, choices: Choices) -> None:
        """Start with the usual question, reduced until it can be answered."""
        self.reference = choices.controls
        self.visit = "first" if choices.has_repeated_visits else ""
        facts = tuple(name for name in USUAL_COVARIATES if name in choices.covariates)
        for n in range(len(facts), -1, -1):
            self.covariates = facts[:n]
            if self._has_answer():  # e.g. each group has its own site: drop site
                break

    def _has_answer(self) -> bool:
        """Return whether the question can be answered."""
        try:
            run_steps(
                [*self.question.row_steps(), self.question.comparison_step()], table=self._table
            )
        except NeuroflowError:
            return False
        return True

    def _drop_unknown(self, choices: Choices) -> None:
        """Drop choices that the results no longer contain."""
        self.set(**allowed(self.asked, choices))
        if self.study_id not in self.names:
            self.study_id = ""

    @property
    def asked(self) -> dict[str, Any]:
        """What stands in the fields of the question."""
        return {name: getattr(self, name) for name in QUESTION_TRAITS}

    @property
    def region_names(self) -> dict[str, str]:
        """Map region keys to names; both hemispheres share one key."""
        return {} if self.choices is None else self.choices.region_names

    @property
    def study_names(self) -> dict[str, str]:
        """Map `study_id` to a unique name."""
        return unique_labels(self.names)

    # ------------------------------------------------------------------ question and answer

    @property
    def question(self) -> Question:
        """The current question."""
        known = self.choices
        found = () if known is None else known.asked_regions(self.systems, self.search)
        return Question(
            cohorts=(self.cohort,) if self.cohort else (),
            groups=self.groups,
            regions=found,
            visit=self.visit or None,
            reference=self.reference,
            metric=self.metric,
            covariates=self.covariates,
            method=self.method,
            robust=self.robust,
            correction=self.correction,
            exclude_suspect=self.exclude_suspect,
        )

    def _update_answer(self) -> None:
        """Answer the question if it has changed; report why it cannot be answered."""
        if self._table is None:
            return
        self.cure(*QUESTION_TRAITS, QUESTION)  # another question was asked
        scope: dict[str, Any] = {}  # no result of the previous question may be kept
        try:
            question = self.question
            if question == self._answered:
                return
            scope = run_steps(question.row_steps(), table=self._table, names=self.names)
            scope = run_steps([question.comparison_step()], **scope)
            self._answered = question
        except NeuroflowError as error:
            self._answered = None
            self.report_error(error, at=self.place_of(error) or QUESTION)
        self._scope = scope
        self._show_answer()

    def _show_answer(self) -> None:
        effects = self._scope.get("effects")
        contrasts = () if effects is None else tuple(effects["contrast"].unique())
        self._drawn.clear()
        with self.hold_trait_notifications():
            self.effects, self.contrasts = effects, contrasts
            self._select_known()
        self._update_figures()

    def _select_known(self) -> None:
        """Select the first row of the effects unless what is selected is there."""
        rows = self.listed_effects
        if rows is not None and len(rows):
            first = rows.iloc[0]
            if self.contrast not in self.contrasts:
                self.contrast = str(first["contrast"])
            if self.region not in set(rows["region"]):
                self.region = str(first["region"])
            return
        self.contrast = ""
        if self.choices is not None and self.region not in (known := self.choices.region_names):
            self.region = next(iter(known), "")

    @property
    def listed_effects(self) -> pd.DataFrame | None:
        """The effects in the order of their table: by p, or by system as in the figures."""
        effects: pd.DataFrame | None = self.effects
        if effects is None or not self.by_system:
            return None if effects is None else effects.sort_values("p", kind="stable")
        systems = effects["system"].astype("str")
        places = {name: place for place, name in enumerate(order_systems(list(systems)))}
        return effects.iloc[systems.map(places).argsort(kind="stable")]

    # ------------------------------------------------------------------ figures

    def step(self, view: str, region: str = "") -> Call:
        """Return the step that draws a view, of the selected region unless one is named."""
        if "shown" not in self._scope:
            raise OptionError("There is nothing to plot.")
        if FIGURES[view].needs == "effects" and self.effects is None:
            raise OptionError("There is no comparison to plot.")
        if "study_id" in form_entries()[view].takes and not self.study_id:
            raise OptionError("Choose a study.")
        listed: list[str] = []
        if self.effects is not None and form_entries()[view].is_tall:
            drawn = drawn_contrasts(self.contrast, self.contrasts)
            listed = listed_regions(self.effects, drawn, self.shown, self.order)
        return self.question.figure_step(
            view,
            region=region or self.region,
            study_id=self.study_id,
            contrast=self.contrast,
            contrasts=self.contrasts,
            listed=listed,
        )

    def steps(self) -> list[Step]:
        """Return all steps from the cohort table to the main figure."""
        compare = [] if self.effects is None else [self.question.comparison_step()]
        return [*self.question.row_steps(), *compare, self.main_step()]

    def main_step(self) -> Call:
        """Return the step that draws the figure to export."""
        return replace(self.step(self.main), width=self.width or None)

    def steps_ahead(self) -> Iterator[Call]:
        """Return the figures of the regions that may be selected next; see `FiguresModel`."""
        rows = self.listed_effects
        for region in likely_next([] if rows is None else list(rows["region"]), self.region):
            for view in self.views:
                if {"region", "regions"} & set(form_entries()[view].takes):
                    yield self.step(view, region)

    def _update_figures(self) -> None:
        if self._table is not None:
            self.update_figures()

    def describe_figures(self) -> None:
        """Show the code and the methods text; see `FiguresModel`."""
        if self._table is None:
            return
        try:
            code = code_cell(self.ws.folder, self.steps())
        except NeuroflowError as error:
            code = f"# {Problem.of(error).what}"
        self.set(code=code, methods=self._methods())

    def _methods(self) -> str:
        """Return the methods text, made anew for another comparison only."""
        from neuroflow.compare import methods_text

        if self._described[0] is not self.effects:
            text = methods_text(self.effects) if self.effects is not None else ""
            self._described = self.effects, f"{self.note}. {text}" if self.note and text else text
        return self._described[1]

    def export_figure(self) -> None:
        """Save the main figure as PNG, SVG and PDF with its code in the exports."""
        step = self.main_step()

        def save() -> None:
            saved = export_figure(self.ws.folder, step, self._scope, self.code, self.note)
            self._report_saved(*saved)

        self._save_later("Drawing the figure for publication …", save)

    def export_effects(self) -> None:
        """Save the effects in the exports."""
        effects = self._comparison()
        name = f"effects_{'_'.join(effects['metric'].unique())}"
        self._save_table(effects, name)

    def export_cohort_table(self) -> None:
        """Save the whole cohort table in the exports."""
        if self._table is None:
            raise OptionError("There are no results to export.")
        self._save_table(self._table, "cohort_table")

    def export_predictions(self) -> None:
        """Save the predictions and biomarkers of all studies in the exports."""
        self._save_table(self.ws.study_facts(), "predictions")

    def export_paper_table(self) -> None:
        """Save the table for a paper in the exports: Word, or Excel if tables are Excel files."""
        self._comparison()
        call = self.question.comparison_step()
        suffix = ".xlsx" if self.suffix == ".xlsx" else ".docx"
        self._report_saved(export_paper_table(self.ws.folder, call, self._scope, suffix, self.note))

    def export_methods(self) -> None:
        """Save the methods text in the exports."""
        self._comparison()
        self._report_saved(export_methods(self.ws.folder, self.methods))

    def _save_later(self, sign: str, save: Callable[[], None]) -> None:
        """Save something that takes seconds once the page shows that it is being made."""
        self.set(tone="wait", notice=sign, exported=())

        def act() -> None:
            self.run_safely(save)
            if self.notice == sign:  # it failed
                self.set(tone="", notice="")

        self._defer(act)

    def export_report(self) -> None:
        """Save a page about the whole project in the exports."""
        options = self.question.report_options()
        self._save_beside("Making the report", lambda: export_report(self.ws, options, self.note))

    def _save_table(self, table: pd.DataFrame, name: str) -> None:
        table, suffix = self.marked(table), self.suffix
        self._save_beside(
            "Saving the table", lambda: export_table(self.ws.folder, table, name, suffix)
        )

    def _save_beside(self, sign: str, save: Callable[[], list[Path]]) -> None:
        """Save something that may take half a minute while the form stays usable."""
        self.set(notice="", exported=())
        self.run(sign, lambda _on_event, _stop: save(), self._report_saved)

    def _comparison(self) -> pd.DataFrame:
        if self.effects is None:
            raise OptionError("There is no comparison to export.")
        effects: pd.DataFrame = self.effects
        return effects

    def _report_saved(self, files: Sequence[Path], remarks: Sequence[str] = ()) -> None:
        notice = " ".join([saved_notice(self.ws.folder, files), *remarks])
        self.set(tone="good", notice=notice, exported=tuple(files))
