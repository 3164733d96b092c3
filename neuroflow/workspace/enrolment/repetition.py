"""Deliberate repetitions: one scan under a further id, which is processed once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neuroflow.errors import OptionError, Wording
from neuroflow.identity import MAX_REPETITIONS, Account, random_id, read_id
from neuroflow.ledger import Ledger, State
from neuroflow.models import Study


def check_repeatable(study: Study, family: Sequence[Study], ledger: Ledger) -> None:
    """Refuse to repeat what was not sent; `family` is the study with its other repetitions."""
    for each in family:
        row = ledger.row(str(each.study_id))
        state = State.PACKAGED if row is None else row.state
        if state.is_sent or state is State.UNCONFIRMED:
            continue
        what = "is a repetition that" if each.repeats else "itself"
        raise OptionError(
            f"The study {study.label!r} cannot be repeated yet.",
            why=f"{each.label!r} {what} was not completely sent.",
            advice=Wording(
                "Send it first, with Workspace.submit.",
                cli="Send it first, with `neuroflow submit`.",
                form="Send it first, in the Submit form.",
            ),
            study_id=str(each.study_id),
        )


def next_repetition(
    first: Study, family: Sequence[Study], account: Account, ledger: Ledger
) -> Study:
    """Return a study once more, with the next id that is known nowhere on this computer."""
    count = len(family)
    known = {study.study_id for study in family}
    study_id = random_id()
    if first.image_digest and read_id(str(first.study_id)) is not None:
        for count in range(1, MAX_REPETITIONS + 1):
            study_id = account.id_of(first.image_digest, count)
            is_known = study_id in known or account.journal.last(study_id) is not None
            if not is_known and ledger.row(study_id) is None:
                break
        else:
            raise OptionError(
                f"The study {first.label!r} was repeated {MAX_REPETITIONS} times already."
            )
    return replace(
        first,
        label=f"{first.label}_repetition-{count}",
        study_id=study_id,
        repeats=first.study_id,
    )
