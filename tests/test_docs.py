"""The pages tell the truth: their code runs, their links lead somewhere, their rules are ours."""

import re
import runpy
import shutil
import sys
import warnings
from functools import cache
from pathlib import Path

import pytest
from support.pages import FENCE, blocks

import neuroflow
from neuroflow.demo.service.reference_stats import GROUPS
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import ResultWarning
from neuroflow.studies.discovery.studies_tsv import COLUMNS
from neuroflow.studies.protocol.rules import rules_table

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXTS = [*sorted(ROOT.glob("*.md")), *PAGES]
MAKE_DOCS = ROOT / "tools" / "make_docs.py"
HELD_ELSEWHERE = {"gallery"}
"""Pages whose code needs other data, and is run by a test of its own."""
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def each(names):
    return pytest.mark.parametrize("path", names, ids=lambda path: path.stem)


# ------------------------------------------------------------------ made from the code


@pytest.fixture
def make_docs(monkeypatch):
    """Return a function that runs the tool with options, and returns how it exits."""

    def run(*options):
        monkeypatch.setattr(sys, "argv", [str(MAKE_DOCS), *map(str, options)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(MAKE_DOCS), run_name="__main__")
        return end.value.code

    return run


def test_the_pages_made_from_the_code_are_up_to_date(make_docs):
    assert make_docs("--check") == 0


def test_a_page_that_says_something_else_is_noticed(make_docs, tmp_path):
    docs = shutil.copytree(DOCS, tmp_path / "docs")
    page = docs / "protocol.md"
    page.write_text(page.read_text(encoding="utf-8").replace("55–104 ms", "55–140 ms"), "utf-8")
    assert make_docs("--check", "--docs", docs).startswith("Out of date: protocol.md.")


def test_the_page_has_every_rule_with_its_advice():
    text = (DOCS / "protocol.md").read_text(encoding="utf-8")
    for rule in rules_table().itertuples():
        assert f"| `{rule.rule}` | {rule.parameter} |" in text
        assert rule.advice in text


def test_every_column_of_the_table_of_corrections_is_explained():
    (section,) = re.findall(
        r"^## studies\.tsv.*?(?=^## )",
        (DOCS / "prepare_a_cohort.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    assert sorted(named) == sorted(COLUMNS)


def test_every_file_and_room_that_the_architecture_names_is_there():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:neuroflow|tests|tools|docs)/[\w/.]+)`", page))
    assert len(named) > 20
    places = [Path(name).parent if "NAME" in name else Path(name) for name in named]
    assert sorted(str(place) for place in places if not (ROOT / place).exists()) == []
    picture = (DOCS / "images" / "rooms.svg").read_text(encoding="utf-8")
    rooms = set(re.findall(r'class="room"[^>]*>(\w+)<', picture)) - {"scans"}
    there = {path.stem for path in (ROOT / "neuroflow").iterdir() if path.name[0] != "_"}
    assert rooms == there - {"py"}


def test_sources_of_the_statistics_are_numbered_and_all_cited():
    text, sources = (DOCS / "statistics.md").read_text(encoding="utf-8").split("## Sources")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)]
    cited = {int(one) for many in re.findall(r"\[([\d, ]+)\]", text) for one in many.split(",")}
    assert numbers == list(range(1, len(numbers) + 1))
    assert cited == set(numbers)


def test_every_claim_is_on_its_page_and_has_its_tests():
    section = (DOCS / "validation.md").read_text("utf-8").split("## Claims and the tests")[1]
    claims = re.findall(r"^\| `(.+?)` \| (.+?) \| (`tests.+`) \|$", section, re.MULTILINE)
    assert len(claims) == section.count("\n| `") > 15
    for page, claim, tests in claims:
        text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", (ROOT / page).read_text("utf-8"))
        assert claim in " ".join(text.replace("`", "").split()), claim
        named = re.findall(r"`([\w/.]+)::(\w+)`", tests)
        assert len(named) == tests.count("::") > 0
        for file, name in named:
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), name


# ------------------------------------------------------------------ links


@each(TEXTS)
def test_every_link_leads_somewhere(path):
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_no_picture_of_the_pages_is_large():
    for picture in DOCS.rglob("*.png"):
        assert picture.stat().st_size < 350_000, picture.name


# ------------------------------------------------------------------ code


@each([page for page in PAGES if blocks(page, "python") and page.stem not in HELD_ELSEWHERE])
def test_the_python_of_a_page_runs_from_top_to_bottom(path, sample, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(sample, tmp_path / "here"))
    space = {"nf": neuroflow}
    with warnings.catch_warnings():
        warnings.simplefilter("default", ResultWarning)  # some pages show one
        for code in blocks(path, "python"):
            exec(compile(code, path.name, "exec"), space)


@pytest.mark.slow
def test_the_python_of_the_readme_runs_with_ones_own_data(sample, tmp_path, monkeypatch):
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    for second in (tmp_path / "scans").rglob("ses-02"):
        shutil.rmtree(second)
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "README.md", "python")
    # What the README leaves out: the connection, and the hours in between.
    code = code.replace("ws.collect()", "ws.wait(interval_seconds=0.1); ws.collect()")
    with DemoService(tmp_path / "service", delay=0.0) as service:
        with neuroflow.Workspace("my-project") as ws:
            ws.service.save_profile(service.profile)
            ws.service.trust(service.fingerprint)
        space = {}
        exec(compile(code, "README.md", "exec"), space)
        space["ws"].close()
    assert set(space["effects"]["contrast"]) == {f"{name} - Control" for name in GROUPS[1:]}


@each(TEXTS)
def test_every_command_of_a_page_is_known(path):
    lines = [line for code in blocks(path, "console") for line in code.splitlines()]
    lines += [f"$ {line}" for line in shell(path) if line.startswith("neuroflow ")]
    for line in lines:
        command, words = whole_command(), re.findall(r"^\$ neuroflow (.+)$", line)[0].split()
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


@cache
def whole_command():
    from typer.main import get_command

    from neuroflow.cli import app

    return get_command(app)


def shell(path):
    """Return the lines of the blocks for a shell, without what stands behind #."""
    text = "".join(blocks(path, "sh")).replace("\\\n", " ")
    return [line.partition(" #")[0].strip() for line in text.splitlines()]


@each(TEXTS)
def test_every_target_and_file_of_a_shell_block_is_there(path):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in shell(path):
        for target in re.findall(r"^make ((?:\w+ ?)+)$", line):
            assert set(target.split()) <= set(targets), line
        for file in re.findall(r"^python (\S+\.py)", line):
            assert (ROOT / file).is_file(), line


def test_every_benchmark_keeps_its_numbers_for_the_page_of_benchmarks():
    for script in (ROOT / "benchmarks").glob("bench_*.py"):
        assert re.search(
            r"^from report import .*(ratio|amount)", script.read_text("utf-8"), re.M
        ), script
