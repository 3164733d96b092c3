"""neuroflow: cohorts of diffusion MRI studies to the neuropacs service, and its results back.

The public names are below; each is loaded when it is first used, so that ``import neuroflow`` is
quick and pulls in neither matplotlib nor ipywidgets nor paramiko.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroflow._version import __version__ as __version__

_WHERE = {
    "Schema": "neuroflow.results.aidp.schema",
    "Workspace": "neuroflow.workspace.workspace",
    "app": "neuroflow.widgets.app",
    "asymmetry": "neuroflow.compare.asymmetry",
    "change_over_time": "neuroflow.compare.change",
    "check": "neuroflow.studies.protocol.check",
    "compare_groups": "neuroflow.compare.groups",
    "compare_sites": "neuroflow.compare.sites",
    "correlate": "neuroflow.compare.correlate",
    "correlate_regions": "neuroflow.compare.correlate",
    "coverage": "neuroflow.results.table.coverage",
    "find_studies": "neuroflow.studies.discovery.find",
    "methods_text": "neuroflow.compare.report.methods",
    "paper_table": "neuroflow.compare.report.paper_table",
    "read_participants": "neuroflow.io.participants",
    "read_results": "neuroflow.results.table.cohort_table",
    "remove_site": "neuroflow.compare.sites",
    "rules_table": "neuroflow.studies.protocol.rules",
    "save_table": "neuroflow.compare.report.documents",
    "study_facts": "neuroflow.results.table.cohort_table",
    "survey": "neuroflow.studies.discovery.find",
    "to_wide": "neuroflow.results.table.cohort_table",
    "write_table": "neuroflow.results.table.export",
    "z_scores": "neuroflow.compare.z_scores",
    "z_summary": "neuroflow.compare.z_summary",
}
_MODULES = {"errors": "neuroflow.errors", "plot": "neuroflow.plot"}

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
    from neuroflow import plot
    from neuroflow.compare.asymmetry import asymmetry
    from neuroflow.compare.change import change_over_time
    from neuroflow.compare.correlate import correlate, correlate_regions
    from neuroflow.compare.groups import compare_groups
    from neuroflow.compare.report.documents import save_table
    from neuroflow.compare.report.methods import methods_text
    from neuroflow.compare.report.paper_table import paper_table
    from neuroflow.compare.sites import compare_sites, remove_site
    from neuroflow.compare.z_scores import z_scores
    from neuroflow.compare.z_summary import z_summary
    from neuroflow.io.participants import read_participants
    from neuroflow.results.aidp.schema import Schema
    from neuroflow.results.table.cohort_table import read_results, study_facts, to_wide
    from neuroflow.results.table.coverage import coverage
    from neuroflow.results.table.export import write_table
    from neuroflow.studies.discovery.find import find_studies, survey
    from neuroflow.studies.protocol.check import check
    from neuroflow.studies.protocol.rules import rules_table
    from neuroflow.widgets.app import app
    from neuroflow.workspace.workspace import Workspace


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'neuroflow' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
