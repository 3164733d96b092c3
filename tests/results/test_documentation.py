import re
from dataclasses import fields
from pathlib import Path

import neuroflow
from neuroflow.results.aidp.layouts import layouts
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.table.cohort_table import COLUMNS
from neuroflow.results.table.coverage import VIEWS

PAGE = Path(neuroflow.__file__).parents[1] / "docs" / "cohort_table.md"


def test_the_cohort_table_page_lists_the_columns_in_order():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == list(COLUMNS)


def test_the_page_names_every_view_of_completeness():
    text = PAGE.read_text(encoding="utf-8").rpartition("## Completeness")[2]
    assert all(name in text for name in VIEWS)


def test_the_layouts_page_names_each_layout_and_schema_field():
    text = PAGE.with_name("layouts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([*`].*?) \|", text, flags=re.MULTILINE)
    listed = [row for row in rows if row.startswith("*")]
    assert {row.strip("*") for row in listed} == {layout.name for layout in layouts()}
    assert len(layouts()) >= 3
    named = re.findall(r"`(\w+)`", " ".join(row for row in rows if row not in listed))
    assert sorted(named) == sorted(field.name for field in fields(Schema))
