"""One page about a project: complete, self-contained, accessible, without names or paths."""

import re
from html.parser import HTMLParser

import pytest
from support.collected import collect_into, people

import neuroflow as nf
from neuroflow.errors import OptionError
from neuroflow.workspace import Workspace


@pytest.fixture(scope="module")
def page(project, tmp_path_factory):
    return nf.report(project, tmp_path_factory.mktemp("out") / "r.html").read_text("utf-8")


class Elements(HTMLParser):
    """The elements of a page, and its visible text outside of elements with a key."""

    def __init__(self, page):
        super().__init__()
        self.all, self.loose, self._open = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self._open.append((tag, "data-key" in dict(attrs)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(keyed or tag in ("style", "script") for tag, keyed in self._open):
            self.loose += data

    def of(self, *names):
        return [attrs for tag, attrs in self.all if tag in names]


def test_the_page_has_every_section(page):
    sections = re.findall(r'<section id="([a-z]+)"', page)
    assert sections == [
        "flow", "participants", "quality", "coverage", "comparison", "accuracy", "change",
        "methods", "versions", "code",
    ]  # fmt: skip
    assert "Not computed" not in page


def test_the_page_needs_no_network(page):
    elements = Elements(page)
    links = [attrs[name] for _, attrs in elements.all for name in ("src", "href") if name in attrs]
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_is_accessible(page):
    elements = Elements(page)
    assert elements.of("html") == [{"lang": "en"}]
    assert len(elements.of("h1")) == 1
    assert len(elements.of("caption")) == len(elements.of("table")) > 6
    assert all(attrs.get("scope") in ("row", "col") for attrs in elements.of("th"))
    alts = [attrs["alt"] for attrs in elements.of("img")]
    assert len(alts) == 5
    assert all(len(alt) > 20 for alt in alts)


def test_every_number_of_the_page_has_a_key(page):
    assert re.findall(r"\d", Elements(page).loose) == []
    keys = [attrs["data-key"] for _, attrs in Elements(page).all if "data-key" in attrs]
    assert len(keys) == len(set(keys)) > 1000


def test_the_page_names_no_participant_and_no_path(page, project):
    names = {study.participant_id for study in project.cohort("C1").studies}
    assert [name for name in names if re.search(rf"\b{name}\b", without_pictures(page))] == []
    words = without_pictures(page)
    assert "secret-place" not in words
    assert "/tmp" not in words
    assert "/scans" not in words


def without_pictures(page):
    return re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page)


def test_foreign_texts_are_escaped_and_names_replaced(tmp_path):
    who = people(8)
    who["site"] = '<img src=x onerror="alert(1)">'
    with Workspace(tmp_path / "p") as ws:
        cohort = collect_into(ws, who)
        study = cohort.studies[0]
        ws.exclude_result(
            str(study.study_id), reason=f"<b>{study.participant_id}</b> in /home/x/scan"
        )
        page = nf.report(ws, tmp_path / "r.html", by="site", figures=False).read_text("utf-8")
    assert "<img src=x" not in page
    assert "&lt;b&gt;" in page
    assert study.participant_id not in page
    assert "/home/x" not in page


def test_a_section_without_an_answer_gives_the_reason(tmp_path):
    with Workspace(tmp_path / "p") as ws:
        collect_into(ws, people(3).assign(group="PD"), reports=False)
        page = nf.report(ws, tmp_path / "r.html").read_text("utf-8")
    assert "Not computed: " in page
    assert 'id="accuracy"' not in page
    assert 'id="change"' not in page


def test_a_report_is_html_of_one_metric(project, tmp_path):
    with pytest.raises(OptionError, match="print it in a browser"):
        nf.report(project, tmp_path / "r.pdf")
    with pytest.raises(OptionError, match="one metric"):
        nf.report(project, tmp_path / "r.html", metric=["FW", "FAt"])
