"""The first submission of a workspace: what an account holds that was not sent from here."""

from __future__ import annotations

from collections.abc import Collection

from neuroflow.contract import cohort_folder
from neuroflow.errors import FirstSubmissionError, RemoteMissingError, RemoteRefusedError, Wording
from neuroflow.transfer.remote import Remote

CONFIRM = Wording(
    "If these studies were never sent before, pass not_sent_before=True.",
    cli="If these studies were never sent before, add --not-sent-before.",
    form="If these studies were never sent before, tick the box that says so and press Send again.",
)
"""How a user answers the question of a first submission."""


def and_confirm(advice: str) -> Wording:
    """Return advice, followed by how to answer the question, in the words of each front end."""
    return Wording(
        f"{advice} {CONFIRM}", cli=f"{advice} {CONFIRM.cli}", form=f"{advice} {CONFIRM.form}"
    )


def check_account(
    remote: Remote, cohort_id: str, *, answered: Collection[str], known: Collection[str]
) -> None:
    """Raise an error if the account or the cohort's folder holds studies of other workspaces.

    `answered` are the studies with results on the server, `known` those of this workspace.
    """
    strange = set(answered) - set(known)
    waiting = _waiting(remote, cohort_id) - set(known)
    if not (strange or waiting):
        return
    held = [
        f"{len(strange)} results" if strange else "",
        f"{len(waiting)} files in the folder of cohort {cohort_id}" if waiting else "",
    ]
    raise FirstSubmissionError(
        "This is the first submission of this workspace to an account that holds other studies; "
        "nothing was sent.",
        why=f"On the server are {' and '.join(filter(None, held))} that were not sent from here: "
        "by a colleague, or from another workspace.",
        advice=and_confirm(
            "If these studies may be among them, continue in the workspace that sent them."
        ),
    )


def _waiting(remote: Remote, cohort_id: str) -> set[str]:
    """Return the stems of the files in the folder of a cohort, as far as it may be listed."""
    try:
        entries = list(remote.list(cohort_folder(cohort_id)))
    except (RemoteMissingError, RemoteRefusedError):
        return set()
    return {entry.name.removesuffix(".zip") for entry in entries if not entry.is_folder}
