"""One page about a project, which needs neither network nor kernel."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from neuroflow._version import __version__
from neuroflow.compare import recipe
from neuroflow.errors import FolderError, NeuroflowError, OptionError, ResultWarning, Wording
from neuroflow.escaping import for_html
from neuroflow.io import atomic_write
from neuroflow.matrix import as_list, software_versions
from neuroflow.sharing.project_report import sections
from neuroflow.sharing.project_report.flow import flow_section
from neuroflow.sharing.project_report.page import Page, Section
from neuroflow.sharing.project_report.source import Source
from neuroflow.workspace import Workspace


def report(
    ws: Workspace,
    path: str | Path,
    *,
    title: str = "Regional diffusion MRI report",
    metric: str = "FW",
    by: str = "group",
    reference: str | None = "auto",
    covariates: str | Sequence[str] | None = None,
    visit: str | None = None,
    figures: bool = True,
) -> Path:
    """Write one self-contained HTML page about a project.

    Parameters
    ----------
    ws
        The workspace.
    path
        A file ending in ``.html``.
    title
        The heading of the page.
    metric, by, reference
        As for `compare_groups`: one metric, the column of groups, the controls.
    covariates
        Columns to adjust for; None for age and sex, where they are known.
    visit
        The visit that counts where a participant counts once; the first if None.
    figures
        False leaves out the figures.

    Returns
    -------
    Path
        The file, written atomically: cohort flow, Table 1, quality control, coverage, comparison
        of groups, accuracy, change over time where there are repeated visits, methods, versions,
        and code to reproduce it. It needs no network, and names no participant and no path. Every
        number in it has a key, so that `verify` can compute it again. To make a PDF, print
        the page in a browser.

    Raises
    ------
    OptionError
        The file name has another ending, or `metric` is not one name.
    ResultError, FolderError
        There are no results yet, or the file cannot be written.

    See Also
    --------
    verify : Whether the numbers of a report are still those of the workspace.

    Examples
    --------
    >>> nf.report(ws, "report.html")  # doctest: +SKIP
    """
    options: dict[str, Any] = {
        "title": title,
        "metric": metric,
        "by": by,
        "reference": reference,
        "covariates": None if covariates is None else as_list("covariates", covariates),
        "visit": visit,
        "figures": figures,
    }
    file = Path(path)
    if file.suffix.lower() != ".html":
        raise OptionError(
            f"A report cannot be written as {file.name}.",
            advice="Use a file name that ends in .html; print it in a browser for a PDF.",
        )
    if not isinstance(metric, str):
        raise OptionError("A report shows one metric.", advice="Choose one metric.")
    page = render(ws, options)
    with atomic_write(file, error=FolderError, parents=True) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    return file


def render(ws: Workspace, options: Mapping[str, Any]) -> str:
    """Return a report as HTML."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    template = (
        files("neuroflow.sharing.project_report").joinpath("report.html.j2").read_text("utf-8")
    )
    page = _page(ws, options)
    text = Markup(_recipe_text(page.recipe))  # noqa: S704  JSON without "<"
    return environment.from_string(template).render(page=page, recipe=text, version=__version__)


def _clean(value: object) -> Markup:
    """Escape every text that goes into the page."""
    return value if isinstance(value, Markup) else Markup(for_html(str(value)))  # noqa: S704


def _recipe_text(made: Mapping[str, Any]) -> str:
    return json.dumps(made).replace("<", "\\u003c")


def _page(ws: Workspace, options: Mapping[str, Any]) -> Page:
    chosen = dict(options)
    title = chosen.pop("title")
    source = Source(ws, **chosen)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResultWarning)
        made = [
            flow_section(source),
            sections.participants_section(source),
            sections.quality_section(source),
            sections.coverage_section(source),
            sections.comparison_section(source),
            *([sections.accuracy_section(source)] if source.has_patients else []),
            *([sections.change_section(source)] if source.has_visits else []),
            _methods(source),
        ]
    messages = [each.message for each in caught if issubclass(each.category, ResultWarning)]
    texts = [Wording.pick(message, "form") for message in messages]
    quality = next(section for section in made if section.key == "quality")
    quality.paragraphs += dict.fromkeys(texts)
    for section in made:
        section.paragraphs = [source.public(text) for text in section.paragraphs]
    how = recipe("report", {**options, "table": source.table})
    return Page(str(title), [*made, _versions(), _code(options)], how)


def _methods(source: Source) -> Section:
    """Return the sentences for a methods section."""
    section = Section("methods", "Methods")
    try:
        section.paragraphs += str(source.paper.attrs["methods"]).split("\n\n")
    except NeuroflowError as error:
        section.paragraphs.append(f"Groups were not compared: {error.what}")
    return section


def _versions() -> Section:
    section = Section("versions", "Versions")
    named = {"neuroflow": __version__} | software_versions()
    section.paragraphs.append(", ".join(f"{name} {number}" for name, number in named.items()))
    return section


def _code(options: Mapping[str, Any]) -> Section:
    given = ", ".join(f"{name}={value!r}" for name, value in options.items())
    code = (
        "import neuroflow as nf\n\n"
        'with nf.Workspace("my-project") as ws:\n'
        f'    nf.report(ws, "report.html", {given})\n'
        '    print(nf.verify("report.html", ws))\n'
    )
    return Section("code", "Code to reproduce this report", code=code)
