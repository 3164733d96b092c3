"""The plan of a submission: what would be done with each study. Nothing is sent here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from neuroflow.escaping import for_html
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import Package, html_table
from neuroflow.transfer.upload.history import upload_throughput
from neuroflow.transfer.upload.shared_journal import SharedJournal, adopt

if TYPE_CHECKING:
    import pandas as pd


REFUSED = "nothing was sent: "
"""Start of the ledger's message where the server refused a study before its first byte."""


class Action(StrEnum):
    """What a submission does with a study."""

    SEND = "send"
    CHECK = "check"  # the outcome of an earlier attempt is unknown: check the server first
    SKIP = "skip"
    BLOCKED = "blocked"
    REFUSED = "refused"


_TO_DO = frozenset({Action.SEND, Action.CHECK})


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What a submission will do with one study.

    Parameters
    ----------
    study_id
        The study.
    action
        What will be done.
    size
        Size of its package in bytes; 0 if it has none.
    reason
        Why, in a few words.
    force
        True if the user asked to send a study again that may have been processed.
    """

    study_id: str
    action: Action
    size: int
    reason: str
    force: bool = False

    @property
    def is_to_do(self) -> bool:
        """True if it needs the server."""
        return self.action in _TO_DO


@dataclass(frozen=True, slots=True)
class Plan:
    """What a submission will do with each study; a dry run shows it.

    Parameters
    ----------
    cohort_id
        The cohort; empty if there is nothing to do.
    items
        One per study.
    speed
        The rate of earlier uploads in bytes per second; None if there were none.

    Examples
    --------
    >>> Plan("C", (PlanItem("s", Action.SEND, 9, "new"),), speed=2.0).frame()
      study_id action  size reason  seconds
    0        s   send     9    new      4.5
    """

    cohort_id: str
    items: tuple[PlanItem, ...]
    speed: float | None = None

    def __repr__(self) -> str:
        return f"<Plan {self.cohort_id[:100]}: {self.summary}>"

    def _repr_html_(self) -> str:
        # Counts alone: a reason may name a file, and with it a person.
        actions = [item.action.value for item in self.items]
        counts = [{"action": a, "studies": str(actions.count(a))} for a in dict.fromkeys(actions)]
        return f"<p>{for_html(repr(self)[1:-1])}</p>{html_table(counts)}"

    @property
    def to_do(self) -> tuple[PlanItem, ...]:
        """The items that need the server."""
        return tuple(item for item in self.items if item.is_to_do)

    @property
    def seconds(self) -> float | None:
        """Duration at the speed of earlier uploads, in seconds; None if there were none."""
        return None if self.speed is None else sum(i.size for i in self.to_do) / self.speed

    @property
    def summary(self) -> str:
        """One line: number of studies, size, and duration.

        Examples
        --------
        >>> item = PlanItem("s", Action.SEND, 90_000_000, "new")
        >>> Plan("C", (item,), speed=1e6).summary
        '1 of 1 studies to send, 90.0 MB, about 2 min at the speed of earlier uploads'
        >>> Plan("C", (item,)).summary
        '1 of 1 studies to send, 90.0 MB; the duration is not known before the first upload'
        """
        if not self.to_do:
            return f"nothing to send of {len(self.items)} studies"
        size = sum(item.size for item in self.to_do)
        text = f"{len(self.to_do)} of {len(self.items)} studies to send, {size / 1e6:.1f} MB"
        if self.seconds is None:
            return f"{text}; the duration is not known before the first upload"
        return f"{text}, about {describe_seconds(self.seconds)} at the speed of earlier uploads"

    def frame(self) -> pd.DataFrame:
        """Return the plan as a table.

        Returns
        -------
        pandas.DataFrame
            study_id, action, size (bytes), reason, seconds (how long the upload takes at the
            speed of earlier ones; missing if there were none, 0 where nothing is sent).
        """
        import pandas as pd

        columns = ["study_id", "action", "size", "reason"]
        table = pd.DataFrame([asdict(item) for item in self.items], columns=[*columns, "force"])
        table["action"] = [item.action.value for item in self.items]
        table["seconds"] = [self._seconds(item) for item in self.items]
        return table[[*columns, "seconds"]].astype({"seconds": float})

    def _seconds(self, item: PlanItem) -> float:
        if not item.is_to_do:
            return 0.0
        return math.nan if self.speed is None else item.size / self.speed


def plan(
    packages: Sequence[Package],
    ledger: Ledger,
    blocked: Mapping[str, str],
    *,
    replace: bool = False,
) -> Plan:
    """Decide what to do with every study of a cohort."""
    planner = Planner(ledger, replace=replace)
    for package in packages:
        if package.study_id not in blocked:
            planner.add(package)
    sizes = {package.study_id: package.size for package in packages}
    return planner.plan(packages[0].cohort_id if packages else "", blocked, sizes)


class Planner:
    """Decides study by study, and recognises a study that has two ids."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        replace: bool = False,
        service: str = "",
        shared: SharedJournal | None = None,
        is_dry_run: bool = False,
        repeats: Mapping[str, str] | None = None,
    ) -> None:
        self._repeats = repeats or {}
        self._ledger = ledger
        self._service = service
        self._replace = replace
        self._is_dry_run = is_dry_run
        self._shared = shared or SharedJournal()
        self._rows = {row.study_id: row for row in ledger.rows(service=service or None)}
        self._first = _first_owners(self._rows.values())
        self._speed = upload_throughput(ledger, self._rows.values())
        self._items: list[PlanItem] = []

    def add(self, package: Package) -> PlanItem:
        """Decide what to do with the next study of the cohort."""
        owner = _duplicate_of(package, self._first)
        if owner is not None and self._is_repeated(owner, package.study_id):
            owner = None
        owner = owner or self._shared.other_id(package.study_id)
        if owner is not None:
            reason = f"the same study already has the id {owner}"
            item = PlanItem(package.study_id, Action.REFUSED, package.size, reason)
        else:
            item = self._decide(package)
            first = self._repeats.get(package.study_id)
            if first is not None and item.is_to_do:
                item = replace(item, reason=f"{item.reason}; repeats {first}")
        if item.action is not Action.REFUSED:
            for fingerprint in _fingerprints(package):
                self._first.setdefault(fingerprint, package.study_id)
        self._items.append(item)
        return item

    def _is_repeated(self, one: str, other: str) -> bool:
        """Check whether two ids stand for one study that is repeated deliberately."""
        return self._repeats.get(one, one) == self._repeats.get(other, other)

    def skip(self, row: LedgerRow) -> None:
        """Add a study that is sent with another cohort."""
        reason = f"the same scan is {row.state.value.replace('_', ' ')} in cohort {row.cohort_id}"
        self._items.append(PlanItem(row.study_id, Action.SKIP, row.size, reason))

    def _decide(self, package: Package) -> PlanItem:
        row = self._rows.get(package.study_id)
        known = row or self._ledger.row(package.study_id, service=self._service or None)
        adopted = self._shared.adopted(known) if known else None
        if adopted is None:
            return self._with_other_facts(_decide(package, row, replace=self._replace))
        if adopted.state is not State.SUBMITTED:
            return PlanItem(
                package.study_id, Action.CHECK, package.size, adopted.reason, self._replace
            )
        if not self._is_dry_run:
            adopt(self._ledger, package, adopted, self._service)
        return self._with_other_facts(
            PlanItem(package.study_id, Action.SKIP, package.size, adopted.reason)
        )

    def _with_other_facts(self, item: PlanItem) -> PlanItem:
        """Add to the reason that age or sex changed since the study was sent."""
        if item.action in _TO_DO or not self._shared.has_other_facts(item.study_id):
            return item
        return replace(item, reason=f"{item.reason}; its age or sex has changed since then")

    def plan(
        self, cohort_id: str, blocked: Mapping[str, str], sizes: Mapping[str, int] | None = None
    ) -> Plan:
        """Return the plan of everything decided so far."""
        known = sizes or {}
        held = [PlanItem(s, Action.BLOCKED, known.get(s, 0), why) for s, why in blocked.items()]
        return Plan(cohort_id, (*self._items, *held), self._speed)


def has_failed(row: LedgerRow) -> bool:
    """Check whether the last upload of a study failed."""
    if row.state is State.PACKAGED:
        return row.message.startswith(REFUSED)
    return row.state.has_unknown_outcome


def _decide(package: Package, row: LedgerRow | None, *, replace: bool) -> PlanItem:
    def item(action: Action, reason: str, *, force: bool = False) -> PlanItem:
        return PlanItem(package.study_id, action, package.size, reason, force)

    if row is None or row.state is State.PACKAGED:
        return item(Action.SEND, "not sent yet")
    if row.state.has_unknown_outcome:
        return item(Action.CHECK, "the outcome of an earlier attempt is unknown", force=replace)
    is_changed = row.sent_sha256 != package.sha256
    if not is_changed and row.state is not State.FAILED:
        when = f" on {row.submitted_at:%Y-%m-%d}" if row.submitted_at else ""
        return item(Action.SKIP, f"already sent{when}")
    why = "other content was sent under this id" if is_changed else "neuropacs reported a failure"
    if replace:
        return item(Action.SEND, f"sent again: {why}", force=True)
    return item(
        Action.REFUSED if is_changed else Action.SKIP,
        f"{why}; submit with replace to send it again",
    )


def describe_seconds(seconds: float) -> str:
    """Format a duration, rounded up."""
    if seconds < 60:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


Fingerprint = tuple[str, str]


def _fingerprints(study: Package | LedgerRow) -> list[Fingerprint]:
    """List the digests that identify a study: content, sources, Study Instance UID."""
    found = [
        ("content", study.sha256),
        ("source", study.source_sha256),
        ("uid", study.study_uid_sha256),
    ]
    return [(kind, digest) for kind, digest in found if digest]


def _first_owners(rows: Iterable[LedgerRow]) -> dict[Fingerprint, str]:
    """Map every fingerprint of a study that was sent to the id it was sent under."""
    first: dict[Fingerprint, str] = {}
    for row in rows:
        if row.state is not State.PACKAGED:
            for fingerprint in _fingerprints(row):
                first.setdefault(fingerprint, row.study_id)
    return first


def _duplicate_of(package: Package, first: Mapping[Fingerprint, str]) -> str | None:
    owners = (first.get(fingerprint) for fingerprint in _fingerprints(package))
    return next((owner for owner in owners if owner not in {None, package.study_id}), None)
