"""What is reported of the headings of a table of people, with the columns that are likely meant."""

from __future__ import annotations

from collections.abc import Mapping

from neuroflow.errors import ParticipantsError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.io.people.table import likely_columns
from neuroflow.io.text import TextTable


def check_columns(text: TextTable) -> None:
    """Refuse a table without a column of participants, or without participants."""
    if "participant_id" not in text.header:
        others = {"participant_id": "...", **_other_names(text)}
        raise ParticipantsError(
            f"{text.path} has no column participant_id.",
            why=f"Its columns are {', '.join(text.header)}.",
            advice=Wording.sentences(
                "Name the column with the participants' labels participant_id, as BIDS does.",
                _choice(others),
            ),
        )
    if not text.rows:
        raise ParticipantsError(f"{text.path} has a header, but no participants.")


def warn_of_other_names(text: TextTable) -> None:
    """Warn of an age or a sex that is not read, since its column has another usual name."""
    others = _other_names(text)
    if "age" in others or "sex" in others:
        listed = ", ".join(f"{heading} ({name}?)" for name, heading in others.items())
        warn_user(
            Wording.sentences(
                f"{text.path.name}: these columns are kept, but not read as what they may be: "
                f"{listed}.",
                _choice(others),
            ),
            ResultWarning,
        )


def visit_advice(text: TextTable) -> str:
    """Return what to do where rows repeat a participant, and a column may name the visits."""
    others = _other_names(text)
    return _choice(others) if "session_id" in others else ""


def _other_names(text: TextTable) -> dict[str, str]:
    likely = likely_columns(text.header)
    return {name: heading for name, heading in likely.items() if name != heading}


def _choice(columns: Mapping[str, str]) -> Wording:
    """Return the advice to choose these columns, in the words of each front end."""
    python = ", ".join(f'"{name}": "{heading}"' for name, heading in columns.items())
    cli = " ".join(f"--column {name}={_quoted(heading)}" for name, heading in columns.items())
    form = ", ".join(f"{name} from {heading}" for name, heading in columns.items())
    return Wording(
        f"Or choose columns={{{python}}}.",
        cli=f"Or add {cli} (check, package, submit).",
        form=f"Or choose the columns in the Cohort form: {form}.",
    )


def _quoted(heading: str) -> str:
    return heading if heading.isalnum() else f'"{heading}"'
