"""Tables on a terminal, in a pipe and in a log: nothing of them is cut."""

import pandas as pd
import pytest

from neuroflow.cli import console

STUDY = "123e4567-e89b-12d3-a456-426614174000"


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "study_id": [STUDY] * 2,
            "rule": "repetition_time_of_the_whole_series",
            "since": pd.Timestamp("2026-01-02 03:04:05"),
            "message": " ".join(["far too long for a line of 80 characters"] * 8),
            "estimate": [-0.92311, 1.5],
        }
    )


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_row_in_a_pipe_is_one_whole_line(table, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    console.Console().output({}, table)
    out = capsys.readouterr().out
    assert "…" not in out
    first, second = [line for line in out.splitlines() if STUDY in line]
    for text in (table.loc[0, "rule"], "2026-01-02 03:04:05", table.loc[0, "message"], "-0.9231"):
        assert text in first
    assert "1.5" in second


@pytest.mark.parametrize("width", [40, 100, 180])
def test_a_terminal_folds_texts_and_cuts_nothing(table, capsys, monkeypatch, width):
    from rich.console import Console as Terminal

    monkeypatch.setattr(
        console, "terminal", lambda: Terminal(force_terminal=True, width=width, color_system=None)
    )
    console.Console().output({}, table)
    out = capsys.readouterr().out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= width
    if width == 180:
        assert out.count("2026-01-02 03:04:05") == 2
        assert out.count(STUDY) == 2
