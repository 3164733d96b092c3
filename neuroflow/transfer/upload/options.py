"""How a submission uses the network."""

from __future__ import annotations

from dataclasses import dataclass

from neuroflow.errors import SubmissionError


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How a submission uses the network; made once, from the settings and the call.

    Examples
    --------
    >>> UploadOptions(limit_mb_per_s=2).bytes_per_second
    2000000.0
    """

    connections: int = 4  # at most; fewer where latency is low
    # How long the server may still publish what an interrupted upload had sent.
    quiet_seconds: float = 300.0
    limit_mb_per_s: float | None = None  # over all connections; None for no limit

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
