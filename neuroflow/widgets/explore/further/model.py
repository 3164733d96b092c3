"""Model of the further questions: which one is asked, and its answer."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from traitlets import Any as AnyTrait
from traitlets import Int, Tuple, Unicode

from neuroflow.errors import CompareError, OptionError, ResultWarning, Wording
from neuroflow.widgets.common import FormModel
from neuroflow.widgets.explore.code import code_cell
from neuroflow.widgets.explore.export import export_methods, export_table, saved_notice
from neuroflow.widgets.explore.further.analyses import ANALYSES, ANSWER, Analysis, Numbers
from neuroflow.widgets.explore.model import QUESTION_TRAITS, ExploreModel
from neuroflow.widgets.explore.steps import Step, run_steps


class FurtherModel(FormModel):
    """A further question about the studies that the Explore form has chosen."""

    analysis = Unicode("people")
    slowing = Int(30)
    days = Int(90)
    answer = AnyTrait(None, allow_none=True)
    sentence = Unicode("")
    remarks = Tuple()
    methods = Unicode("")
    code = Unicode("")
    exported = Tuple()

    def __init__(self, explore: ExploreModel) -> None:
        super().__init__()
        self.explore = explore
        asked = ["analysis", "slowing", "days"]
        self.observe(lambda _: self._forget_answer(), names=asked)
        explore.observe(lambda _: self._forget_answer(), names=["choices", *QUESTION_TRAITS])

    @property
    def chosen(self) -> Analysis:
        """The chosen question."""
        return ANALYSES[self.analysis]

    @property
    def missing(self) -> dict[str, str]:
        """What the results lack, for each question that cannot be asked."""
        choices = self.explore.choices
        if choices is None:
            return {}
        return {name: why for name, each in ANALYSES.items() if (why := each.missing(choices))}

    def steps(self) -> list[Step]:
        """Return the steps from the cohort table to the answer."""
        question = self.explore.question
        numbers = Numbers(self.slowing, self.days)
        return [*question.row_steps(), *self.chosen.calls(question, numbers)]

    def ask(self) -> None:
        """Answer the question; warnings of the analysis are shown beside the answer."""
        table = self.explore.table
        if table is None:
            raise OptionError("There are no results to ask about.")
        if why := self.missing.get(self.analysis):
            raise OptionError(f"This question cannot be asked: {why}.")
        self._check_number()
        steps = self.steps()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResultWarning)
            found = run_steps(steps, table=table)[ANSWER]
            sentence = self.chosen.sentence(found)
        self.set(
            answer=found,
            sentence=sentence,
            remarks=tuple(dict.fromkeys(Wording.pick(each.message, "form") for each in caught)),
            methods=". ".join(filter(None, (self.explore.note, _methods(found)))),
            code=code_cell(self.explore.ws.folder, steps, ANSWER),
            notice="",
        )

    def place_of(self, error: Exception) -> str:
        """Return the field that an error is about: days are what the analysis calls within."""
        place = super().place_of(error)
        return "days" if place == "within" else place

    def _check_number(self) -> None:
        """Refuse a number that its question cannot use."""
        if self.chosen.number == "slowing" and not 0 < self.slowing <= 100:
            raise OptionError("A treatment can slow the change by 1 to 100 %.", about="slowing")
        if self.chosen.number == "days" and self.days < 1:
            raise OptionError("Repeated scans lie at least one day apart.", about="days")

    def export_answer(self) -> None:
        """Save the table of the answer in the exports."""
        if self.answer is None:
            raise OptionError("There is no answer to export.", advice="Ask first.")
        folder = self.explore.ws.folder
        answer = self.explore.marked(self.answer)
        self._report_saved(export_table(folder, answer, self.analysis, self.explore.suffix))

    def export_methods(self) -> None:
        """Save the methods text in the exports."""
        if not self.methods:
            raise OptionError("There is no methods text to export.", advice="Ask first.")
        self._report_saved(export_methods(self.explore.ws.folder, self.methods))

    def _report_saved(self, files: Sequence[Path]) -> None:
        notice = saved_notice(self.explore.ws.folder, files)
        self.set(tone="good", notice=notice, exported=tuple(files))

    def _forget_answer(self) -> None:
        """Clear the answer, which stands for its question only."""
        self.set(answer=None, sentence="", remarks=(), methods="", code="", notice="", problems=())


def _methods(found: object) -> str:
    """Return the methods text; a table of people has none."""
    from neuroflow.compare import methods_text

    try:
        return methods_text(found)  # type: ignore[arg-type]
    except CompareError:
        return ""
