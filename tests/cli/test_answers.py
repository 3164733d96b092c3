"""The published schema, and the options that every command has."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator, ValidationError
from support.answers import check_answer, command_of
from typer.main import get_command

from neuroflow.cli.answers import ANSWERS, OPTIONAL, schema
from neuroflow.cli.as_json import plain
from neuroflow.cli.console import Console
from neuroflow.cli.program import app
from neuroflow.errors import WorkspaceError

NO_ANSWER = {"app", "demo", "schema"}  # a page, a simulation, and the schema itself
NEVER_QUIET = {"app", "explain", "schema"}  # all they do is print


def commands(group=None, *names):
    """Yield every command with its name and the names of its options."""
    for name, each in (group or get_command(app)).commands.items():
        if hasattr(each, "commands"):
            yield from commands(each, *names, name)
        else:
            options = {word for parameter in each.params for word in parameter.opts}
            yield " ".join([*names, name]), options


def test_every_command_that_answers_has_json_and_a_schema():
    with_json = {name for name, options in commands() if "--json" in options}
    assert with_json == set(ANSWERS)
    assert {name for name, _ in commands()} - with_json == NO_ANSWER


def test_every_command_that_prints_can_be_quiet():
    assert {name for name, options in commands() if "--quiet" not in options} == NEVER_QUIET


@pytest.mark.parametrize("command", ANSWERS)
def test_every_schema_is_one_and_refuses_an_empty_answer(command):
    shape = schema(command)
    Draft202012Validator.check_schema(shape)
    assert set(OPTIONAL.get(command, ())) <= set(ANSWERS[command])
    assert not Draft202012Validator(shape).is_valid({})


def test_the_schema_of_one_or_all_commands_is_printed(run):
    assert json.loads(run("schema", "key", "new")[1]) == schema("key new")
    assert set(json.loads(run("schema")[1])) == set(ANSWERS)
    code, out, err = run("schema", "app")
    assert (code, out, "no command 'app' with --json" in err) == (3, "", True)


@pytest.mark.parametrize(
    "answer", ['{"file": 1}', '{"file": "a", "new": 1}', '{"file": NaN}', '{"error": {}}']
)
def test_a_wrong_answer_is_noticed(answer):
    check_answer(["report", "--json"], '{"file": "a"}')
    with pytest.raises((ValidationError, AssertionError)):
        check_answer(["report", "--json"], answer)


def test_the_command_of_a_line_is_its_longest_name():
    assert command_of(["key", "check", "id"]) == "key check"
    assert command_of(["check", "scans"]) == "check"


TIME = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TIME, "2026-03-01T08:30:00.000Z"),
        (pd.Timestamp(TIME), "2026-03-01T08:30:00.000Z"),
        (datetime(2026, 3, 1, 9, 30), "2026-03-01T09:30:00.000"),
        (TIME.astimezone(UTC).date(), "2026-03-01"),
        (float("inf"), None),
        (np.float64("nan"), None),
        (np.float32("-inf"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.0, np.nan]), [1.0, None]),
        ({"a": {1: (np.nan, "b")}}, {"a": {"1": [None, "b"]}}),
        (pd.Series(["a", None], dtype="string"), ["a", None]),
        (1e-300, 1e-300),
        (0.1 + 0.2, 0.1 + 0.2),
    ],
)
def test_every_value_is_json_and_whole(value, expected):
    found = plain(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == expected


@pytest.mark.parametrize("kind", ["datetime64[ns]", "datetime64[s]", "object"])
def test_times_in_a_table_have_the_one_format(kind):
    at = pd.Series([pd.Timestamp(TIME), pd.NaT])
    column = at.astype(object) if kind == "object" else at.dt.as_unit(kind[11:-1])
    frame = pd.DataFrame({"at": column, "p": [1e-30, np.inf]})
    assert plain(frame) == [
        {"at": "2026-03-01T08:30:00.000Z", "p": 1e-30},
        {"at": None, "p": None},
    ]


def _answer_and_fail():
    with Console(as_json=True) as console:
        console.output({"state": "failed"})
        raise WorkspaceError("It failed.")


def test_an_answer_and_its_error_are_one_object(capsys):
    with pytest.raises(WorkspaceError):
        _answer_and_fail()
    answer = json.loads(capsys.readouterr().out)
    assert answer["state"] == "failed"
    assert answer["error"]["what"] == "It failed."
