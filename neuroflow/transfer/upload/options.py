"""How a submission uses the network."""

from __future__ import annotations

from dataclasses import dataclass, field

from neuroflow.errors import SubmissionError
from neuroflow.transfer.retry import MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How a submission uses the network, from the settings and the call.

    A field with a lower bound is a setting of ``neuroflow.toml`` under its own name.

    Parameters
    ----------
    connections
        The largest number of connections for an upload or download, each for one study at a
        time; fewer are used where latency is low.
    quiet_seconds
        How long the server may still store a partial upload after a connection was lost, in
        seconds. AWS Transfer Family waits 300 s for an unresponsive client.
    attempts
        How many times the upload of one study is tried in a run if connections are lost.
    limit_mb_per_s
        The highest rate over all connections, in MB per second; None for no limit.

    Examples
    --------
    >>> UploadOptions(limit_mb_per_s=2).bytes_per_second
    2000000.0
    """

    connections: int = field(default=12, metadata={"at_least": 1})
    quiet_seconds: float = field(default=300.0, metadata={"at_least": 0})
    attempts: int = field(default=MAX_ATTEMPTS, metadata={"at_least": 1})
    limit_mb_per_s: float | None = None

    def __post_init__(self) -> None:
        if self.limit_mb_per_s is not None and self.limit_mb_per_s <= 0:
            raise SubmissionError(
                f"The upload limit cannot be {self.limit_mb_per_s} MB per second.",
                advice="Use a number above 0, or no limit.",
            )

    @property
    def bytes_per_second(self) -> float | None:
        """The limit in bytes per second."""
        return None if self.limit_mb_per_s is None else self.limit_mb_per_s * 1e6
