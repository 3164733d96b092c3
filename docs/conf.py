"""The documentation site: pages, notebooks, and a reference made from the docstrings.

``make docs`` builds it into site/. The source folder is the project's, so that pages, notebooks and
the changelog link to each other in the same way here and where the repository is browsed. Nothing
is fetched while it is built or read: no other project's inventory, no fonts, no scripts.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import neuroflow  # noqa: E402

shutil.rmtree(ROOT / "docs" / "api", ignore_errors=True)  # made anew: no page of a name that went

project = "neuroflow"
author = "The neuroflow developers"
copyright = "the neuroflow developers, BSD-3-Clause"  # noqa: A001  the name that Sphinx gives it
version = release = neuroflow.__version__

extensions = [
    "myst_nb",  # pages in Markdown, and notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
]
root_doc = "docs/index"
include_patterns = ["docs/**", "notebooks/*.ipynb", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = ["**/.ipynb_checkpoints", "docs/_templates"]
exclude_patterns += [".*", "benchmarks", "demo-output", "neuroflow", "site", "tests", "tools"]
templates_path = [str(ROOT / "docs" / "_templates")]

# Pages
myst_enable_extensions = ["colon_fence", "html_image"]
myst_heading_anchors = 4

# Notebooks run when the site is built; `-D nb_execution_mode=off` leaves their outputs out.
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "site" / ".notebooks")
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_ipywidgets_js: dict[str, Any] = {}
nb_merge_streams = True

# Reference
autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
autodoc_member_order = "bysource"
default_role = "autolink"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
nitpicky = True
# Types of arguments and attributes that have no entry of their own in the reference.
nitpick_ignore = [
    ("py:class", "neuroflow.identity.account.Account"),
    ("py:class", "neuroflow.plot.common.style.Theme"),
    ("py:class", "neuroflow.ledger.ledger.Ledger"),
    ("py:class", "neuroflow.demo.folder.DemoFolder"),
    ("py:class", "neuroflow.demo.session.ServiceOptions"),
    ("py:class", "neuroflow.studies.protocol.check_cache.CheckResult"),
    ("py:class", "neuroflow.workspace.jobs.job_file.RunningJob"),
]
nitpick_ignore_regex = [(r"py:.*", r"(?!neuroflow\.).*")]  # of other projects, nothing is fetched

# Looks
html_theme = "pydata_sphinx_theme"
html_title = "neuroflow"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"docs/gallery": []}  # it has no pages below it
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


# What the code calls by the file it stands in, the reference has under its public name.
PUBLIC = {
    f"{getattr(room, name).__module__}.{name}": f"{room.__name__}.{name}"
    for room in (neuroflow, neuroflow.plot)
    for name in room.__all__
    if hasattr(getattr(room, name), "__module__")
}


def public_name(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Lead a reference to where the name is documented."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or target not in PUBLIC:
        return None
    found = env.get_domain("py").resolve_any_xref(
        env, node["refdoc"], app.builder, PUBLIC[target], node, content
    )
    return found[0][1] if found else None


FORMS = {
    "cell_type": "markdown",
    "metadata": {},
    "source": "![The forms, as a notebook shows them](../docs/images/forms.png)",
}


def adapt_notebook(_app: Any, name: str, source: list[str]) -> None:
    """Show the forms as a picture, and write links inside a notebook as this site does.

    Forms live in a kernel, and JupyterLab's anchors keep capitals.
    """
    if not name.startswith("notebooks/"):
        return
    text = re.sub(r"(?<=\]\(#)[^)]+", lambda found: found[0].lower(), source[0])
    notebook = json.loads(text)
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if "".join(cell["source"]).startswith("nf.app("):
            cells.append({**FORMS, "id": f"shown-{len(cells)}"})
    source[0] = json.dumps({**notebook, "cells": cells})


def setup(app: Any) -> None:
    """Register both."""
    app.connect("missing-reference", public_name)
    app.connect("source-read", adapt_notebook)
