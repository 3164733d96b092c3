"""The answers of the service: status, waiting, collecting, the cohort table."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, suppress
from typing import Any

import pandas as pd

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import (
    ConfigError,
    HostKeyError,
    OptionError,
    ResultError,
    ResultWarning,
    WorkspaceError,
)
from neuroflow.events import listening, warn_user
from neuroflow.ledger import Ledger, LedgerRow, State
from neuroflow.models import OnEvent
from neuroflow.results import (
    Results,
    Schema,
    cached_remarks,
    cached_results,
    cached_warnings,
    failure_reason,
    folder_verdict,
)
from neuroflow.transfer import (
    Clock,
    Control,
    OutputSnapshot,
    StatusUpdate,
    changed_ids,
    collect,
    collected_ids,
    find_results,
    forward_events,
    poll,
    read_messages,
    status,
    wait_for_results,
    with_retries,
)
from neuroflow.workspace.arguments import check_number
from neuroflow.workspace.checking import overridden_rules
from neuroflow.workspace.connection import Service
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.jobs import Jobs
from neuroflow.workspace.notes import Notes
from neuroflow.workspace.notices import News, NewsMemory, Notices
from neuroflow.workspace.result_times import result_hours
from neuroflow.workspace.set_aside import find_result
from neuroflow.workspace.witness import Witness, known_name

MAX_WARNINGS = 10
"""Warnings at most of one status check."""
REPORTED, NOTICED = "reported", "noticed"
"""What is remembered of news: that it was reported here, and that a notice was sent."""


class Collection:
    """Asks the service for results, collects them and reads them into one table."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        service: Service,
        *,
        enrolment: Enrolment,
        jobs: Jobs,
        notices: Notices,
        clock: Clock | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._witness = witness
        self._warned = False
        self._notices = notices
        self._memory = NewsMemory(folder.reported)
        self._folder = folder
        self._ledger = ledger
        self._service = service
        self._enrolment = enrolment
        self._jobs = jobs
        self._clock = clock or Clock()

    def status(self, *, offline: bool = False, is_repeated: bool = False) -> pd.DataFrame:
        """Return one row per study: its state, and the message of the service or the reports.

        A repeated check warns only of what the last one did not, and leaves retries to its caller.
        """
        rows = self._ledger.rows()
        elsewhere = self._elsewhere(rows)
        doubts = self._doubts(rows, elsewhere, is_repeated=is_repeated)
        snapshot = self._last_snapshot()
        if not offline:
            known = snapshot.left_out if snapshot and is_repeated else ()
            if is_repeated:
                snapshot = self._list_results(rows)
            else:
                snapshot = with_retries(lambda: self._list_results(rows), self._clock.sleep)
            self._warn([each for each in snapshot.left_out if each not in known])
        found = snapshot.folders.values() if snapshot else ()
        here = collected_ids(self._folder.results)
        table = status(
            rows,
            snapshot,
            now=self._clock.now(),
            overdue_hours=self._service.settings.overdue_hours,
            collected=here,
            changed=changed_ids(self._folder.results, found, here),
            elsewhere=elsewhere,
        )
        table.attrs["ledger_warnings"] = doubts
        labels = self._enrolment.labels()
        names = [labels.get(study_id, "") for study_id in table["study_id"]]
        table.insert(list(table.columns).index("study_id"), "label", names)
        noticed = cached_warnings(self._folder.results, self._folder.cache)
        further = self._ledger.further_cohorts()
        if further:
            names = [", ".join(further.get(study_id, ())) for study_id in table["study_id"]]
            table = table.assign(also_in=names)
        repeats = self._enrolment.repetitions()
        if repeats:
            table = table.assign(repeats=[repeats.get(s, "") for s in table["study_id"]])
        if overridden := overridden_rules(self._ledger):
            rules = [", ".join(overridden.get(study_id, ())) for study_id in table["study_id"]]
            table = table.assign(overridden=rules)
        return table.assign(
            message=[self._message(row) for row in table.itertuples()],
            warnings=[noticed.get(study_id, "") for study_id in table["study_id"]],
        )

    def listed(self, *, offline: bool = False, all_studies: bool = False) -> pd.DataFrame:
        """Return the status of this workspace's studies, or of the account's, with notes."""
        table = self.status(offline=offline)
        labels = self._enrolment.labels()
        rows = self._ledger.rows()
        own = {row.study_id for row in rows} | set(labels)
        table.attrs["result_hours"] = result_hours(rows, self._last_snapshot())
        is_own = table["study_id"].isin(own)
        if not all_studies:
            facts = table.attrs
            table = table[is_own].reset_index(drop=True)
            table.attrs = facts
        table.attrs["n_others"] = int((~is_own).sum())
        try:
            texts = Notes(self._folder.root).texts()
        except WorkspaceError as error:  # the states are there without them
            self._warn([str(error)])
            return table
        names = [texts.get(study_id, "") for study_id in table["study_id"]]
        return table.assign(note=names) if any(names) else table

    def watch(
        self,
        *,
        interval_seconds: float = 60.0,
        longest_seconds: float | None = None,
        timeout_hours: float = math.inf,
        stop: threading.Event | None = None,
    ) -> Iterator[StatusUpdate]:
        """Check the status repeatedly, less often while nothing changes."""
        return poll(
            self._check,
            interval=check_number("interval_seconds", interval_seconds),
            longest=longest_seconds and check_number("longest_seconds", longest_seconds),
            timeout=3600 * check_number("timeout_hours", timeout_hours, above=-1),
            stop=stop,
            clock=self._clock,
        )

    def wait(
        self,
        *,
        timeout_hours: float = 4.0,
        interval_seconds: float = 60.0,
        longest_seconds: float | None = None,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Wait until the service has answered for every study that was sent."""
        with listening(on_event) as listen:
            return wait_for_results(
                self._check,
                timeout=3600 * check_number("timeout_hours", timeout_hours, above=-1),
                interval=check_number("interval_seconds", interval_seconds),
                longest=longest_seconds and check_number("longest_seconds", longest_seconds),
                listen=listen,
                stop=stop,
                clock=self._clock,
            )

    def collect(
        self,
        *,
        all_studies: bool = False,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> pd.DataFrame:
        """Download every result of this workspace, or of the account, that is new or changed."""
        control = Control.of(stop, pause)
        with self._jobs.run("collect", on_event, control=control) as job:
            before = self._last_snapshot()
            here = collected_ids(self._folder.results)
            snapshot = OutputSnapshot(self._clock.now(), before)
            events = collect(
                self._service.connect,
                self._ledger,
                self._folder.results,
                connections=self._service.settings.upload.connections,
                snapshot=snapshot,
                control=control,
                clock=self._clock,
                verdict=folder_verdict,
                is_forgotten=self._folder.tombstones.has_id,
                own=None if all_studies else self._own_ids(),
            )
            forward_events(events, job.report)
            if snapshot.is_complete:
                self._save(snapshot)
            known = before.left_out if before else ()
            self._warn([each for each in snapshot.left_out if each not in known])
        self._warn_of_values(collected_ids(self._folder.results) - here)
        return self._report(self.status(offline=True))

    def _own_ids(self) -> set[str]:
        """Return the studies of this workspace: of its ledger and of its cohorts."""
        rows = {row.study_id for row in self._ledger.rows()}
        return rows | set(self._enrolment.study_map()["study_id"].dropna())

    def results(
        self,
        schema: Schema | None = None,
        *,
        all_studies: bool = False,
        executor: Executor | None = None,
    ) -> Results:
        """Read everything collected, joined with studies and participants."""
        if schema is not None and not isinstance(schema, Schema):
            raise OptionError(
                f"schema must be a Schema, not {type(schema).__name__}.",
                advice="Make one with neuroflow.Schema, or pass None.",
            )
        if not self._folder.results.exists() or not any(self._folder.results.glob("*")):
            raise ResultError(
                "No results were collected yet.",
                advice="Check the status; when results are delivered, collect them.",
            )
        return cached_results(
            self._folder.results,
            self._folder.cache if schema is None else self._folder.cache / "by schema",
            schema=schema,
            studies=self._enrolment.study_map(),
            own=None if all_studies else self._own_ids() or None,
            executor=executor,
        )

    def collected(self) -> set[str]:
        """Return the ids of the studies that were collected."""
        return collected_ids(self._folder.results)

    def find(self, study: str) -> str:
        """Return the id of a collected study by its id, its label, or participant and session."""
        collected = collected_ids(self._folder.results)
        every = (
            each for cohort in self._enrolment.ids() for each in self._enrolment.stored(cohort)
        )
        labelled = {str(each.study_id) for each in every if each.label == study} & set(collected)
        if len(labelled) == 1:
            return labelled.pop()
        return find_result(study, self._enrolment.study_map(), collected)

    def _list_results(self, rows: Sequence[LedgerRow]) -> OutputSnapshot:
        """List the results on the server now."""
        before = self._last_snapshot()
        known = {row.study_id for row in rows}
        skipped: list[str] = []
        with closing(self._service.connect()) as remote:
            found = find_results(remote, known=known, on_skipped=skipped.append)
            earlier = before.messages if before else None
            messages = read_messages(remote, known, earlier, scratch=self._folder.root)
        snapshot = OutputSnapshot(self._clock.now(), before).add(*found)
        snapshot.left_out, snapshot.messages = skipped, messages
        self._save(snapshot)
        return snapshot

    def _elsewhere(self, rows: Sequence[LedgerRow]) -> dict[str, str]:
        """Map the studies that were sent to another service than the one in use to that one."""
        names, name = self._ledger.services(), self._service.name
        with suppress(HostKeyError):  # the states can be read without it
            name = known_name(name, names, self._service.hostkeys)
        if not name or names in ([], [name]):
            return {}
        sent = (row for row in rows if row.sent_sha256 is not None)
        return {row.study_id: row.service for row in sent if row.service not in {"", name}}

    def _doubts(
        self, rows: Sequence[LedgerRow], elsewhere: Mapping[str, str], *, is_repeated: bool
    ) -> list[str]:
        """Warn where the ledger is not the one that was used, or is of another service."""
        if is_repeated and self._warned:
            return []
        doubt = self._witness.doubt(rows) if self._witness else ""
        doubts = [doubt] if doubt else []
        if elsewhere:
            services = ", ".join(sorted(set(elsewhere.values())))
            doubts.append(
                f"{len(elsewhere)} of {len(rows)} studies were sent to {services}. The service in "
                f"use is {self._service.name}, which does not show their results; use the profile "
                "of the other one."
            )
        self._warned = True
        self._warn(doubts)
        return doubts

    def _warn_of_values(self, new: set[str]) -> None:
        """Warn of unexpected values in what was just collected, one warning per kind."""
        remarks = cached_remarks(self._folder.results, self._folder.cache) if new else []
        self._warn([str(each) for each in remarks if not new.isdisjoint(each.study_ids)])

    def _check(self) -> pd.DataFrame:
        """Check the status again, as watching does, and report what is new."""
        return self._report(self.status(is_repeated=True))

    def _report(self, table: pd.DataFrame) -> pd.DataFrame:
        """Warn of each study that newly failed or is overdue, and send notices."""
        if self._folder.is_read_only:
            return table
        rows = self._ledger.rows()
        news = self._memory.news(table, rows, REPORTED)
        self._warn(list(news.sentences()), most=None)
        self._memory.remember(REPORTED, news)
        self._send_notices(self._memory.news(table, rows, NOTICED), table)
        table.attrs |= news.attributes
        return table

    def _send_notices(self, news: News, table: pd.DataFrame) -> None:
        """Send news to all addresses; if none takes it, it is tried again at the next check."""
        if not news.keys:
            return
        waiting = [state for state in State if state.is_awaiting_result]
        count = int(table["state"].isin(waiting).sum())
        try:
            sent = self._notices.send(*news.notice(self._folder.root.name, count))
        except ConfigError as error:
            self._warn([str(error)])
            return
        for delivery in sent:
            if delivery.reason:
                self._warn(
                    [f"The notice to {delivery.address} was not delivered: {delivery.reason}"]
                )
        if not sent or not all(delivery.reason for delivery in sent):
            self._memory.remember(NOTICED, news)

    def _warn(self, sentences: Sequence[str], most: int | None = MAX_WARNINGS) -> None:
        for sentence in sentences[:most]:
            warn_user(sentence, ResultWarning)

    def _message(self, row: Any) -> str:
        """Add the reason of a failure from its report."""
        if row.state != State.FAILED:
            return str(row.message)
        reason = failure_reason(self._folder.results / f"{row.study_id}{RESULT_SUFFIX}")
        return f"{row.message}: {reason}" if reason else str(row.message)

    def _last_snapshot(self) -> OutputSnapshot | None:
        return OutputSnapshot.load(self._folder.listing, self._service.name)

    def _save(self, snapshot: OutputSnapshot) -> None:
        if self._folder.is_read_only:
            return
        snapshot.save(self._folder.listing, self._service.name)
