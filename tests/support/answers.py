"""Every answer of a command with ``--json`` is held against its published schema."""

import json

from jsonschema import Draft202012Validator, FormatChecker

from neuroflow.cli.answers import ANSWERS, schema


def command_of(words):
    """Return the command of a command line: its longest beginning that has an answer."""
    names = (" ".join(map(str, words[:n])) for n in (2, 1))
    return next((name for name in names if name in ANSWERS), None)


def check_answer(words, printed):
    """Fail if a JSON answer is not as the schema of its command says, or has unknown keys."""
    if "--json" not in words or not printed:
        return
    answer = json.loads(printed, parse_constant=_refuse)
    command = command_of(words)
    Draft202012Validator(schema(command), format_checker=FormatChecker()).validate(answer)
    assert set(answer) <= {*ANSWERS[command], "error"}, command


def _refuse(constant):
    raise AssertionError(f"{constant} is not JSON")
