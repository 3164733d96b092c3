"""Which id a study gets: the one its scan has already, or else a new one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from neuroflow.identity import Account, random_id, read_id
from neuroflow.models import Study

DERIVED, RANDOM = "derived", "random"
"""The values of the setting `study_ids`."""


class StudyIds:
    """Chooses the ids of the studies of a workspace.

    A scan keeps the id of its cohort, of another one, or of another workspace on this computer that
    sent it. Copies of one scan in one cohort get different ids: the second is never sent.
    """

    def __init__(
        self,
        account: Callable[[], Account],
        kind: Callable[[], str],
        studies: Iterable[Study],
    ) -> None:
        self._account = account
        self._kind = kind
        self._here = {
            study.image_digest: str(study.study_id)
            for study in studies
            if study.image_digest and study.repeats is None
        }

    def __call__(self, study: Study, taken: Collection[str]) -> str:
        """Return the id of a study; `taken` are those of other studies in its cohort."""
        study_id = self._known(study) or self._new(study)
        return random_id() if study_id in taken else study_id

    def _known(self, study: Study) -> str | None:
        if not study.image_digest:
            return None
        if study.image_digest in self._here:
            return self._here[study.image_digest]
        account = self._account()
        return account.journal.id_of(account.scans_of(study.image_digest))

    def _new(self, study: Study) -> str:
        if not study.image_digest or self._kind() == RANDOM:
            return random_id()
        return self._account().id_of(study.image_digest)


def outdated_ids(
    studies: Iterable[Study], account: Account, sent: Collection[str]
) -> dict[str, str]:
    """Map ids of unsent studies that another key made to those of the account's present key.

    So an imported key recognises what was sent with it, also for cohorts made before the import.
    """
    known = {str(study.study_id) for study in studies}
    new: dict[str, str] = {}
    for study in studies:
        old = str(study.study_id)
        derived = read_id(old)
        if derived is None or not study.image_digest or old in sent or study.repeats:
            continue
        if derived.tag == account.key.tag or account.journal.last(old) is not None:
            continue
        scans = account.scans_of(study.image_digest)
        study_id = account.journal.id_of(scans) or scans[0]
        if study_id not in known | set(new.values()):
            new[old] = study_id
    return new
