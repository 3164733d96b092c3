"""The first submission of a workspace: what an account holds that was not sent from here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass

from neuroflow.contract import cohort_folder
from neuroflow.errors import FirstSubmissionError, RemoteMissingError, RemoteRefusedError, Wording
from neuroflow.identity import RANDOM, import_advice, origin
from neuroflow.transfer.remote import Remote
from neuroflow.wording import counted

CONFIRM = Wording(
    "If these studies were never sent before, pass not_sent_before=True.",
    cli="If these studies were never sent before, add --not-sent-before.",
    form="If these studies were never sent before, tick the box for that and press Send again.",
)
"""How a user answers the question of a first submission."""


def and_confirm(advice: str | Wording) -> Wording:
    """Return advice, followed by how to answer the question, in the words of each front end."""
    return Wording.sentences(advice, CONFIRM)


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What a workspace knows of an account before it sends something there."""

    study_ids: Collection[str]  # Sent from here, or from another workspace on this computer
    keys: Collection[str]  # The tags of the account keys on this computer
    accepted: Collection[str] = ()  # The tags of keys about whose studies the user was asked
    is_first: bool = True  # Nothing was sent from here yet, or the journal is new or older

    def strange(self, study_ids: Iterable[str]) -> dict[str, list[str]]:
        """Group the studies to ask about by the tag of their key, or ``random``."""
        found: dict[str, list[str]] = {}
        for study_id in study_ids:
            if study_id in self.study_ids:
                continue
            tag = origin(study_id)
            if self.is_first or not (tag == RANDOM or tag in self.accepted):
                found.setdefault(tag, []).append(study_id)
        return found


def check_account(
    remote: Remote,
    cohort_id: str,
    *,
    answered: Collection[str],  # studies with results on the server
    known: Acquaintance,
) -> None:
    """Raise an error if the account or the cohort's folder holds studies that nobody here sent."""
    strange = known.strange(answered)
    waiting = known.strange(_waiting(remote, cohort_id))
    if not (strange or waiting):
        return
    n_results, n_files = (sum(map(len, each.values())) for each in (strange, waiting))
    held = [
        counted(n_results, "result", "results") if strange else "",
        f"{counted(n_files, 'file', 'files')} in the folder of cohort {cohort_id}"
        if waiting
        else "",
    ]
    tags = strange.keys() | waiting.keys()
    raise FirstSubmissionError(
        "The account holds studies that were not sent from this computer; nothing was sent.",
        why=f"The server holds {' and '.join(filter(None, held))} of a colleague or another "
        f"computer. {_of_whom(tags, known)}",
        advice=and_confirm(_what_to_do(tags, known)),
    )


def strange_keys(
    remote: Remote, cohort_id: str, *, answered: Collection[str], known: Acquaintance
) -> set[str]:
    """Return the tags of the keys about whose studies the user is asked."""
    held = [*answered, *_waiting(remote, cohort_id)]
    return known.strange(held).keys() - {RANDOM}


def _of_whom(tags: Set[str], known: Acquaintance) -> str:
    """Return what the ids of strange studies show."""
    foreign = sorted(tag for tag in tags if tag != RANDOM and tag not in known.keys)
    sentences = []
    if foreign:
        several = f"account keys {', '.join(foreign)}, which are"
        keys = several if len(foreign) > 1 else f"account key {foreign[0]}, which is"
        sentences.append(f"Ids were made with the {keys} not on this computer.")
    if tags & set(known.keys):
        sentences.append(
            "Ids were made with an account key that is here and in use elsewhere, too."
        )
    if RANDOM in tags:
        sentences.append("Ids are random: they do not show which scan they stand for.")
    return " ".join(sentences)


def _what_to_do(tags: Set[str], known: Acquaintance) -> Wording:
    """Return how to find out whether these scans are among them."""
    if all(tag == RANDOM or tag in known.keys for tag in tags):
        return Wording(
            "If these studies may be among them, continue in the workspace that sent them."
        )
    return import_advice()


def _waiting(remote: Remote, cohort_id: str) -> set[str]:
    """Return the stems of the files in the folder of a cohort, as far as it may be listed."""
    try:
        entries = list(remote.list(cohort_folder(cohort_id)))
    except (RemoteMissingError, RemoteRefusedError):
        return set()
    return {entry.name.removesuffix(".zip") for entry in entries if not entry.is_folder}
