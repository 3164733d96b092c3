"""Any table, written in any layout and dialect, reads back equal."""

import math
import random
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.aidp_files import LAYOUTS, STEMS, Dialect, Table, write

from neuroflow.errors import AidpError
from neuroflow.matrix.regions import resolve
from neuroflow.results.aidp.reader import AidpReader

PATH = Path("x_out/aidp.csv")


ID_HEADERS = ("Subject", "Patient", "MRN", "record_id", "Patient ID", "Probandennummer", "sub")
SPECIAL = (math.nan, 0.0, 1.0, 5e-324, 1e-05, 1 / 3, 0.1 + 0.2)
UNKNOWN = ("Left_Putamen", "ctx-rh-precuneus", "Putamen_R", "Hippocampus")


@st.composite
def tables(draw, stems=STEMS + UNKNOWN):
    stems = draw(st.lists(st.sampled_from(stems), min_size=2, max_size=8, unique=True))
    if not set(stems) & set(STEMS):
        stems.append("pSN")
    metrics = draw(
        st.lists(st.sampled_from(("FW", "FA", "MD")), min_size=1, max_size=3, unique=True)
    )
    ids = draw(
        st.lists(
            st.from_regex(r"[A-Z][0-9]{2,4}", fullmatch=True), min_size=1, max_size=3, unique=True
        )
    )
    keys = [(stem, metric) for stem in stems for metric in metrics]
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))  # a draw per cell takes most of the time
    rows = [{key: rng.choice(SPECIAL) if rng.random() < 0.2 else rng.random() for key in keys}
            for _ in ids]  # fmt: skip
    for row in rows:  # a table without a single number is another matter
        row[keys[0]], row[keys[-1]] = rng.random(), rng.random()
    facts = draw(st.sampled_from([{}, {"Age": "61"}, {"Age": "61", "Ärztin": "Müller"}]))
    return Table(rows, ids, facts)


@st.composite
def dialects(draw):
    delimiter = draw(st.sampled_from((",", ";", "\t", "|")))
    quoted = draw(st.booleans())
    return Dialect(
        delimiter=delimiter,
        decimal="," if draw(st.booleans()) and (delimiter != "," or quoted) else ".",
        encoding=draw(st.sampled_from(("utf-8", "utf-8-sig", "latin-1", "utf-16"))),
        newline=draw(st.sampled_from(("\n", "\r\n"))),
        quoted=quoted,
        comment=draw(st.sampled_from(("", "made by AID-P; free water, Version 2"))),
        missing=draw(st.sampled_from(("", "NA", "NaN", "nan"))),
        trailing=draw(st.booleans()),
        id_header=draw(st.sampled_from(ID_HEADERS)),
        unit=draw(st.sampled_from(("", "", "fraction", "[1]"))),
        summaries=draw(st.booleans()),
        footer=draw(st.sampled_from(("", "", "Made by AID-P on Monday"))),
    )


def expected(table):
    columns = {}
    for stem, metric in table.values[0]:
        name = resolve(f"{stem}_{metric}")
        columns[name.region, name.hemisphere, name.metric] = (stem, metric)
    return columns


@st.composite
def laid_out(draw):
    """Draw a table and a layout that tells all of it."""
    layout = draw(st.sampled_from(LAYOUTS))
    # Where no name has a metric, a name outside the dictionary may be a fact's.
    return draw(tables(STEMS if layout == "metric rows" else STEMS + UNKNOWN)), layout


@settings(max_examples=200, deadline=None)
@given(laid_out(), dialects())
def test_every_layout_in_every_dialect_reads_back_equal(table_and_layout, dialect):
    table, layout = table_and_layout
    file = AidpReader().parse(write(table, layout, dialect), PATH)
    columns = expected(table)
    assert {(n.region, n.hemisphere, n.metric) for n in file.names} == set(columns)
    for j, name in enumerate(file.names):
        key = columns[name.region, name.hemisphere, name.metric]
        np.testing.assert_array_equal(file.values[:, j], [row[key] for row in table.values])
    assert file.delimiter == dialect.delimiter
    if len(table.ids) > 1:
        assert list(file.ids) == list(table.ids)
    if layout in ("metric rows", "wide", "transposed", "titled"):
        assert all(table.facts.items() <= facts.items() for facts in file.facts)


def read(reader, content):
    """Give what a reader makes of a file, or what it says against it."""
    try:
        return reader.parse(content, PATH)
    except AidpError as error:
        return str(error)


@settings(max_examples=200, deadline=None)
@given(st.data(), tables(), st.sampled_from(LAYOUTS), dialects())
def test_the_shortcut_for_files_of_one_kind_changes_no_answer(data, table, layout, dialect):
    one = Table([dict.fromkeys(table.values[0], 0.5)], ("S1",), table.facts)
    other = Table(table.values[:1], ("S2",), dict.fromkeys(table.facts, data.draw(fact)))
    reader = AidpReader()
    reader.parse(write(one, layout, dialect), PATH)
    content = write(other, layout, dialect)
    short, long = read(reader, content), read(AidpReader(), content)
    if isinstance(long, str):  # facts that look like regions, in every row
        assert short == long
        return
    np.testing.assert_array_equal(short.values, long.values)
    for field in ("names", "ids", "facts", "warnings", "layout", "delimiter", "decimal", "sha256"):
        assert getattr(short, field) == getattr(long, field), field


fact = st.sampled_from(["61", "x", "", "NA", "FW", "pSN_FW", " 61", "value", "6.1.2", "a,b"])
