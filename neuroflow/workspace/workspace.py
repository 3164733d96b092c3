"""The folder of one research project, and the five steps in it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace as replaced

import pandas as pd

from neuroflow.models import Cohort, Event, OnEvent, Package
from neuroflow.transfer import (
    PackageStream,
    Plan,
    Planner,
    forward_events,
    has_failed,
    rebuild,
    submit,
)
from neuroflow.workspace.collection import ResultsWorkspace
from neuroflow.workspace.preparation import (
    blocked_studies,
    chosen_studies,
    refusal,
    with_the_others,
)
from neuroflow.workspace.submission import supply


class Workspace(ResultsWorkspace):
    """Open, or create, the folder of one research project.

    Parameters
    ----------
    folder
        The project's folder.
    clock, sleep
        What tells the time and what waits.

    Attributes
    ----------
    service : Service
        The way to the SFTP service: profile, host key, passphrase.
    ledger : Ledger
        What was sent and fetched.

    Raises
    ------
    WorkspaceError
        The path is a file, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Workspace(Path(folder) / "my-project") as ws:
    ...         ws.cohorts()
    []
    """

    def submit(
        self,
        cohort: Cohort,
        *,
        dry_run: bool = False,
        only: Collection[str] | None = None,
        only_good: bool = False,
        retry_failed: bool = False,
        replace: bool = False,
        limit_rate: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Send every study of a cohort that was not sent yet, each once and only once.

        Interrupted at any moment, the next call looks at the server and goes on.

        Parameters
        ----------
        cohort
            The cohort.
        dry_run
            Check and package everything and send nothing.
        only
            Only these studies, by `study_id` or label: the others are neither checked nor packaged
            nor shown, and their errors hold nothing up. None for all.
        only_good
            Send the studies without errors though others have some; the first leave while others
            are still packaged. Otherwise no byte leaves before all are packaged without errors.
        retry_failed
            Only studies whose last upload came to no good end: cut short, refused by the server, or
            of unknown end. What may have arrived all the same is looked at first, and sent again
            with `replace` only. Failure reports are no failed uploads.
        replace
            Send anew a study whose content changed since it was sent, that came back as a failure,
            or whose end is not known.
        limit_rate
            Bytes per second at most, over all connections.
        on_event
            What listens; progress bars if None.
        stop
            When set, the studies under way are finished and no other is begun.
        pause
            While set, no byte is sent.
        executor
            Where checks and packaging work; the local cores if None.

        Returns
        -------
        pandas.DataFrame
            The plan, one row per study: study_id, action, size (bytes), reason, seconds (at the
            speed of earlier uploads); and after a real run what became of it: state, message.
            ``attrs["summary"]`` says it in one line.

        Raises
        ------
        OptionError
            A study of `only` is not in the cohort, or is left out of it.
        SubmissionError
            Studies have errors, and `only_good` was not asked for.
        ConnectError
            The service cannot be reached.
        LockedError
            Somebody else works in this workspace just now.
        """
        cohort = self._chosen(cohort, only, retry_failed=retry_failed)
        blocked = blocked_studies(cohort, self.check(cohort, executor=executor))
        if blocked and not (only_good or dry_run):
            raise refusal(cohort, blocked)
        # One lock from the plan to the last byte: nobody sends meanwhile what is planned here.
        with self._places.locked(), self._listening("submit", on_event) as listen:
            planner = Planner(self.ledger, replace=replace)
            more = self._supply(
                cohort,
                planner,
                blocked,
                is_strict=not (only_good or dry_run),
                stop=stop,
                executor=executor,
            )
            # Errors may show as late as here: only who asked for the good ones need not wait.
            packages = [] if only_good and not dry_run else _taken_in(more, listen)
            if not dry_run:
                self._send(
                    planner.plan(cohort.cohort_id, blocked),
                    packages,
                    listen,
                    more=more if only_good else None,
                    stop=stop,
                    pause=pause,
                    limit_rate=limit_rate,
                )
            todo = planner.plan(cohort.cohort_id, blocked)
        rows = with_the_others(todo.frame(), cohort, self.excluded(cohort.cohort_id))
        rows = rows if dry_run else self._outcome(cohort, rows)
        rows.attrs["summary"] = todo.summary
        return rows

    def _chosen(
        self, cohort: Cohort, only: Collection[str] | None, *, retry_failed: bool
    ) -> Cohort:
        """Narrow a cohort to the studies asked for."""
        if only is not None:
            cohort = chosen_studies(cohort, only, self.excluded(cohort.cohort_id))
        if not retry_failed:
            return cohort
        failed = {r.study_id for r in self.ledger.rows(cohort.cohort_id) if has_failed(r)}
        return replaced(cohort, studies=tuple(s for s in cohort.studies if s.study_id in failed))

    def _supply(
        self,
        cohort: Cohort,
        planner: Planner,
        blocked: dict[str, str],
        *,
        is_strict: bool,
        stop: threading.Event | None,
        executor: Executor | None,
    ) -> PackageStream:
        """Bring what is to be sent, study by study, and at the end the plan in one line."""
        n_bad = len(blocked)
        used = self._in_use(cohort).studies
        good = replaced(cohort, studies=tuple(s for s in used if s.study_id not in blocked))
        pieces = self._packaging(good, stop=stop, executor=executor)
        yield from supply(pieces, [str(s.study_id) for s in good.studies], planner, blocked)
        if is_strict and len(blocked) > n_bad:
            raise refusal(cohort, blocked)
        todo = planner.plan(cohort.cohort_id, blocked)
        count = len(todo.items)
        yield Event("plan", None, count, count, "done", todo.summary, self._clock())

    def _send(
        self,
        todo: Plan,
        packages: Sequence[Package],
        listen: OnEvent,
        *,
        more: PackageStream | None,
        stop: threading.Event | None,
        pause: threading.Event | None,
        limit_rate: float | None,
    ) -> None:
        settings = self.service.settings
        events = submit(
            todo,
            packages,
            self.service.connect,
            self.ledger,
            connections=settings.connections,
            quiet_seconds=settings.quiet_seconds,
            stop=stop,
            pause=pause,
            limit_rate=limit_rate,
            clock=self._clock,
            sleep=self._sleep,
            more=more,
        )
        forward_events(events, listen)

    def _outcome(self, cohort: Cohort, rows: pd.DataFrame) -> pd.DataFrame:
        known = {row.study_id: row for row in self.ledger.rows(cohort.cohort_id)}
        found = [known.get(study_id) for study_id in rows["study_id"]]
        return rows.assign(
            state=[str(row.state) if row else "" for row in found],
            message=[row.message if row else "" for row in found],
        )

    def rebuild(self, cohort: Cohort, *, on_event: OnEvent | None = None) -> pd.DataFrame:
        """Make a lost ledger anew from the packages and the server; nothing is sent.

        Ended early, it has to be done again before anything is sent.

        Parameters
        ----------
        cohort
            The cohort; its packages are made again where they are not there.
        on_event
            What listens; progress bars if None.

        Returns
        -------
        pandas.DataFrame
            The `status` of all studies after it, from the ledger.

        Raises
        ------
        ConnectError
            The service cannot be reached, or not any more.
        LockedError
            Somebody else works in this workspace just now.
        """
        with self._places.locked(), closing(self.service.connect()) as remote:
            rebuild(self.package(cohort, on_event=on_event), self.ledger, remote)
        return self.status(look=False)


def _taken_in(more: PackageStream, listen: OnEvent) -> list[Package]:
    """Wait for everything that is to be sent."""
    packages = []
    for piece in more:
        if isinstance(piece, Event):
            listen(piece)
        else:
            packages.append(piece[1])
    return packages
