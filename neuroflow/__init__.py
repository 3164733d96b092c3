"""neuroflow: cohorts of diffusion MRI studies to the neuropacs service, and its results back.

The public names are below; each is loaded when it is first used, so that ``import neuroflow`` is
quick and pulls in neither matplotlib nor ipywidgets nor paramiko.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "Schema": "neuroflow.results.schema",
    "Workspace": "neuroflow.workspace",
    "app": "neuroflow.widgets.app",
    "asymmetry": "neuroflow.compare.sides",
    "change_over_time": "neuroflow.compare.change",
    "check": "neuroflow.studies.check",
    "compare_groups": "neuroflow.compare.groups",
    "compare_sites": "neuroflow.compare.sites",
    "correlate": "neuroflow.compare.association",
    "correlate_regions": "neuroflow.compare.association",
    "coverage": "neuroflow.results.coverage",
    "find_studies": "neuroflow.studies.discover",
    "methods_text": "neuroflow.compare.methods",
    "paper_table": "neuroflow.compare.report",
    "read_participants": "neuroflow.participants",
    "read_results": "neuroflow.results.table",
    "remove_site": "neuroflow.compare.sites",
    "rules_table": "neuroflow.studies.protocol",
    "save_table": "neuroflow.compare.documents",
    "study_facts": "neuroflow.results.table",
    "survey": "neuroflow.studies.discover",
    "to_wide": "neuroflow.results.table",
    "write_table": "neuroflow.results.export",
    "z_scores": "neuroflow.compare.reference",
    "z_summary": "neuroflow.compare.overview",
}
_MODULES = {"errors": "neuroflow.errors", "plot": "neuroflow.plots"}

__all__ = [
    "Schema",
    "Workspace",
    "app",
    "asymmetry",
    "change_over_time",
    "check",
    "compare_groups",
    "compare_sites",
    "correlate",
    "correlate_regions",
    "coverage",
    "errors",
    "find_studies",
    "methods_text",
    "paper_table",
    "plot",
    "read_participants",
    "read_results",
    "remove_site",
    "rules_table",
    "save_table",
    "study_facts",
    "survey",
    "to_wide",
    "write_table",
    "z_scores",
    "z_summary",
]

if TYPE_CHECKING:
    from neuroflow import errors
    from neuroflow import plots as plot
    from neuroflow.compare.association import correlate, correlate_regions
    from neuroflow.compare.change import change_over_time
    from neuroflow.compare.documents import save_table
    from neuroflow.compare.groups import compare_groups
    from neuroflow.compare.methods import methods_text
    from neuroflow.compare.overview import z_summary
    from neuroflow.compare.reference import z_scores
    from neuroflow.compare.report import paper_table
    from neuroflow.compare.sides import asymmetry
    from neuroflow.compare.sites import compare_sites, remove_site
    from neuroflow.participants import read_participants
    from neuroflow.results.coverage import coverage
    from neuroflow.results.export import write_table
    from neuroflow.results.schema import Schema
    from neuroflow.results.table import read_results, study_facts, to_wide
    from neuroflow.studies.check import check
    from neuroflow.studies.discover import find_studies, survey
    from neuroflow.studies.protocol import rules_table
    from neuroflow.widgets.app import app
    from neuroflow.workspace import Workspace


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'neuroflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
