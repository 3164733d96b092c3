"""The documentation site: built strictly, whole, and on its own.

The notebooks are not run here (`test_notebooks.py` does), only shown.
"""

import inspect
import re
import warnings
from contextlib import redirect_stderr
from html.parser import HTMLParser
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.made_once import made_once

import neuroflow
from neuroflow import errors, plot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("sphinx") is None, reason='needs pip install "neuroflow[docs]"'),
]
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Build the site, once for all processes of the tests; return its folder."""

    def build(folder):
        from sphinx.cmd.build import build_main

        options = ["-W", "--keep-going", "-q", "-D", "nb_execution_mode=off"]
        places = ["-c", str(ROOT / "docs"), str(ROOT), str(folder)]
        said = StringIO()
        # In this process, which has loaded what the reference describes.
        with redirect_stderr(said), warnings.catch_warnings():
            warnings.resetwarnings()
            for kind in (DeprecationWarning, PendingDeprecationWarning, ResourceWarning):
                warnings.simplefilter("ignore", kind)
            code = build_main([*options, *places])
        folder.with_suffix(".txt").write_text(f"{code}\n{said.getvalue()}", encoding="utf-8")

    folder = made_once(tmp_path_factory, "site", build)
    words = folder.with_suffix(".txt").read_text(encoding="utf-8")
    code, _, complaints = words.partition("\n")
    if code != "0" or complaints:
        pytest.fail(f"The site is not built: {complaints}")
    return folder


class Page(HTMLParser):
    """What a page links to, what can be linked to, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.loads = [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found.get("id"), found.get("name") if tag == "a" else None} - {None}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in {"script", "img", "iframe", "source"} and found.get("src"):
            self.loads.append(found["src"])
        if tag == "link" and {"stylesheet", "preload", "icon"} & set(found["rel"].split()):
            self.loads.append(found["href"])


@pytest.fixture(scope="session")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_internal_link_leads_to_an_existing_anchor(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.exists()
            if there and parts.fragment and target in pages:
                there = unquote(parts.fragment) in pages[target].anchors
            if not there:
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_every_link_out_of_the_site_is_an_address(pages):
    out = {link for page in pages.values() for link in page.links if urlsplit(link).scheme}
    for link in out:
        assert re.fullmatch(r"https://[\w.-]+\.[a-z]+(/\S*)?|mailto:\S+@\S+", link), link


def test_a_page_loads_nothing_from_elsewhere(site, pages):
    for path, page in pages.items():
        assert [load for load in page.loads if urlsplit(load).scheme not in {"", "data"}] == [], (
            path
        )
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?https?:", sheet.read_text("utf-8")), sheet


def test_no_table_has_a_heading_without_words(pages):
    empty = re.compile(r"<th\b[^>]*>\s*(<p>\s*</p>)?\s*</th>")
    found = {path.name for path in pages if empty.search(path.read_text(encoding="utf-8"))}
    assert found == set()


def test_no_page_has_an_empty_navigation(pages):
    part = re.compile(r'<nav class="bd-docs-nav.*?</nav>', re.DOTALL)
    for path in pages:
        for found in part.findall(path.read_text(encoding="utf-8")):
            assert "<a " in found, path


def test_every_public_name_is_in_the_reference(pages):
    anchors = set().union(*(page.anchors for page in pages.values()))
    names = {f"neuroflow.{name}" for name in neuroflow.__all__} - {"neuroflow.plot"}
    names |= {f"neuroflow.plot.{name}" for name in plot.__all__}
    for name, _ in inspect.getmembers(neuroflow.Workspace):
        if not name.startswith("_"):
            names.add(f"neuroflow.Workspace.{name}")
    assert sorted(name for name in names if not anchors & {name, f"module-{name}"}) == []


def test_every_error_is_on_the_errors_page_and_the_reference(site, pages):
    explained = pages[site / "docs" / "errors.html"].anchors
    drawn = pages[site / "docs" / "error_classes.html"].anchors
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.NeuroflowError):
            assert kind.anchor in explained
            assert f"neuroflow.errors.{kind.__name__}" in drawn
