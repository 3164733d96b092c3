"""The register of figures: each is described beside its function, in the file of its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Needs = Literal["table", "visits", "effects", "correlations", "completeness"]


@dataclass(frozen=True, slots=True)
class FormEntry:
    """The entry of a figure in the Explore form.

    Parameters
    ----------
    label
        Its name on the button.
    about
        What it shows, in one line.
    takes
        Its arguments that the form fills in, beside table and metric: any of ``"region"``,
        ``"regions"``, ``"contrast"``, ``"contrasts"``, ``"study_id"``, ``"reference"`` and
        ``"covariates"``.
    selects
        What a click in the figure selects: ``"region"`` or ``"study_id"``.
    is_tall
        True if its height grows with the regions, so that it needs a scroll bar of its own.
    """

    label: str
    about: str
    takes: tuple[str, ...] = ()
    selects: Literal["region", "study_id"] = "region"
    is_tall: bool = False


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """The entry of a figure for the gallery, the command line, the Explore form and the reference.

    Parameters
    ----------
    name
        Its name in ``neuroflow.plot`` and on the command line.
    draw
        The function: data first, axes out.
    needs
        Its data: a cohort ``"table"``; one with repeated ``"visits"``; ``"effects"`` from
        `neuroflow.compare_groups`; ``"correlations"`` from `neuroflow.correlate_regions`;
        ``"completeness"`` from `neuroflow.coverage`.
    title
        Its heading in the gallery.
    usual_names
        What others call it or draw for the same question; people search for these words.
    example
        One line of code for the gallery, which may use ``nf``, ``table``, ``visits``, ``sites``
        and ``effects``.
    form
        How the Explore form offers it; None leaves it out.
    order
        Its position among the figures; those of equal order are sorted by name.

    Examples
    --------
    >>> spec = FIGURES["ecdf"]
    >>> spec.arguments({"region": "SCP", "alpha": 0.05})
    {'region': 'SCP'}
    >>> spec.missing({"metric": "FW"})
    ['region']
    """

    name: str
    draw: Callable[..., Axes]
    needs: Needs
    title: str
    usual_names: str
    example: str
    form: FormEntry | None = None
    order: int = 100

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that are arguments of the figure.

        Parameters
        ----------
        values
            Values by the name of the argument.

        Returns
        -------
        dict
            Only the values that the figure has an argument for.
        """
        known = inspect.signature(self.draw).parameters
        return {name: value for name, value in values.items() if name in known}

    def missing(self, values: Mapping[str, Any]) -> list[str]:
        """Return the arguments that the figure requires, apart from its data.

        Parameters
        ----------
        values
            As for `arguments`.

        Returns
        -------
        list of str
            The names of those that `values` lacks.
        """
        _, *others = inspect.signature(self.draw).parameters.values()
        required = [other.name for other in others if other.default is inspect.Parameter.empty]
        return [name for name in required if values.get(name) is None]


@cache
def _modules() -> dict[str, str]:
    """Return the module of each figure, by the figure's name."""
    here = Path(__file__).parent
    found = [path for path in (*here.glob("_*"), *here.glob("*/_*.py")) if path.name[1] != "_"]
    return {
        path.stem[1:]: ".".join(["neuroflow.plot", *path.relative_to(here).with_suffix("").parts])
        for path in sorted(found, key=lambda path: path.stem)
    }


class FigureRegister(Mapping[str, FigureSpec]):
    """All figures by name; matplotlib is loaded once a figure is looked up, not for the names.

    A figure is found by its file: ``_strip.py``, in this folder or one below it, holds the function
    `strip` and its `FigureSpec`, called ``FIGURE``.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(_modules())

    def __len__(self) -> int:
        return len(_modules())

    def __contains__(self, name: object) -> bool:
        return name in _modules()

    def __getitem__(self, name: str) -> FigureSpec:
        figure: FigureSpec = import_module(_modules()[name]).FIGURE
        return figure

    def in_order(self) -> list[FigureSpec]:
        """Return the figures in the order of gallery and form."""
        return sorted(self.values(), key=lambda figure: (figure.order, figure.name))


FIGURES = FigureRegister()
