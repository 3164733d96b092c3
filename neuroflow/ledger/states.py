"""The states of a study between the disk and the cohort table.

::

    packaged ──> uploading ──> submitted ──> collected
                  │  │  ▲          │            │ ▲
                  │  │  └──────────┼────────────┘ │   (sent again: replace)
                  │  ├──> partly_sent ──> uploading
                  │  ├──> unconfirmed ──> submitted | uploading
                  │  └──> packaged            (nothing was sent)
                  └─────> failed              (a failure report was received)

A rebuilt ledger goes from ``packaged`` to what the server shows: ``submitted``,
``partly_sent`` or ``unconfirmed``.

The ledger stores these; what the server's listing adds to them is derived and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """The state of a study between packaging and results.

    Examples
    --------
    >>> State.UPLOADING.may_become(State.SUBMITTED)
    True
    >>> State.COLLECTED.may_become(State.SUBMITTED)
    False
    """

    PACKAGED = "packaged"  # zipped, nothing sent
    UPLOADING = "uploading"  # an upload began; its outcome is not recorded
    PARTLY_SENT = "partly_sent"  # the server holds fewer bytes than the package has
    UNCONFIRMED = "unconfirmed"  # may have been processed; sent again only with replace
    SUBMITTED = "submitted"  # sent whole
    COLLECTED = "collected"  # results are on this disk
    FAILED = "failed"  # a failure report is on this disk

    # Derived from the server's listing, never stored:
    PROCESSING = "processing"
    OVERDUE = "overdue"
    PARTIAL = "partial"  # a result folder is there, files are missing
    DELIVERED = "delivered"  # results are ready on the server
    UNKNOWN = "unknown"  # on the server, not in the ledger

    @property
    def is_sent(self) -> bool:
        """True if the service holds, or has processed, the complete study."""
        return self in {State.SUBMITTED, State.COLLECTED, State.FAILED}

    @property
    def has_unknown_outcome(self) -> bool:
        """True if an upload was begun and it is not known whether the complete study arrived."""
        return self in {State.UPLOADING, State.PARTLY_SENT, State.UNCONFIRMED}

    @property
    def is_collected(self) -> bool:
        """True if results or a failure report are on this disk."""
        return self in {State.COLLECTED, State.FAILED}

    @property
    def is_answered(self) -> bool:
        """True if the service has returned results or a failure report."""
        return self in {State.DELIVERED, State.COLLECTED, State.FAILED}

    @property
    def is_awaiting_result(self) -> bool:
        """True if the study was sent and the service has not answered yet."""
        return self in {State.SUBMITTED, State.PROCESSING, State.PARTIAL, State.OVERDUE}

    def may_become(self, new: State) -> bool:
        """Check whether the ledger allows a step from this state to `new`.

        Parameters
        ----------
        new
            The next state.

        Returns
        -------
        bool
            True if the ledger accepts the change.
        """
        return new in TRANSITIONS.get(self, frozenset())


SENT = frozenset(state for state in State if state.is_sent)
"""The states of studies that were sent whole."""

TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.PACKAGED: frozenset(
            {
                State.PACKAGED,
                State.UPLOADING,
                State.SUBMITTED,
                State.PARTLY_SENT,
                State.UNCONFIRMED,
            }
        ),
        State.UPLOADING: frozenset(
            {
                State.UPLOADING,
                State.SUBMITTED,
                State.PARTLY_SENT,
                State.UNCONFIRMED,
                State.PACKAGED,
                State.COLLECTED,
                State.FAILED,
            }
        ),
        State.PARTLY_SENT: frozenset(
            {State.PARTLY_SENT, State.UPLOADING, State.SUBMITTED, State.UNCONFIRMED}
        ),
        State.UNCONFIRMED: frozenset(
            {
                State.UNCONFIRMED,
                State.SUBMITTED,
                State.UPLOADING,
                State.PARTLY_SENT,
                State.COLLECTED,
                State.FAILED,
            }
        ),
        State.SUBMITTED: frozenset(
            {State.SUBMITTED, State.COLLECTED, State.FAILED, State.UPLOADING, State.PACKAGED}
        ),
        State.COLLECTED: frozenset(
            {State.COLLECTED, State.FAILED, State.UPLOADING, State.PACKAGED}
        ),
        State.FAILED: frozenset({State.FAILED, State.COLLECTED, State.UPLOADING, State.PACKAGED}),
    }
)
"""Which stored state may follow which. A changed study (packaged again) starts over."""
