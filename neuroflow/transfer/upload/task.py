"""One study that is to be sent, and how often its upload was tried."""

from __future__ import annotations

from dataclasses import dataclass

from neuroflow.models import Package
from neuroflow.transfer.retry import MAX_ATTEMPTS


@dataclass(slots=True)
class Task:
    """One study that is to be sent."""

    package: Package  # Its zip
    force: bool  # The user asked to send again what may have been processed
    attempts: int = 0  # How often the upload was interrupted
    lost_checks: int = 0  # How often the server was asked in vain since its last answer
    lost_opens: int = 0  # How often the connection was lost before the file was open there

    def is_last_loss(self, attempts: int, *, is_open: bool) -> bool:
        """Count a loss of the connection; return True where the study is not tried again."""
        if is_open:
            self.attempts += 1
            return self.attempts >= attempts
        self.lost_opens += 1
        return self.lost_opens >= MAX_ATTEMPTS
