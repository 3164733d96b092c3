"""The studies on this disk: ``neuroflow check``, ``override``, ``fill-in``, ``package``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.completion import (
    people_and_studies,
    regions_set_aside,
    rules,
    studies,
    studies_set_aside,
)
from neuroflow.cli.console import Console
from neuroflow.cli.exit_codes import SOMETHING_LEFT
from neuroflow.cli.inputs import (
    find_scans,
    is_workspace,
    open_workspace,
    people_to_copy,
    read_people,
)
from neuroflow.cli.options import (
    AsJson,
    CohortId,
    Columns,
    Jobs,
    Participants,
    Quiet,
    ScansFolder,
    Sheet,
    WorkspaceFolder,
)
from neuroflow.cli.signals import stoppable
from neuroflow.cli.table_completion import regions
from neuroflow.wording import counted

StudyName = Annotated[
    str, typer.Argument(help="The study's label, or its id.", autocompletion=studies)
]


def check(
    folder: Annotated[Path, typer.Argument(help="The folder of scans.")],
    participants: Participants = None,
    sheet: Sheet = None,
    column: Columns = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Also write the findings to a .csv, .tsv, .parquet or .xlsx file."),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also convert every study and check its gradients.")
    ] = False,
    jobs: Jobs = None,  # noqa: ARG001  its callback sets it
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check every study below a folder against the service's protocol."""
    import pandas as pd

    import neuroflow as nf
    from neuroflow.io import ParticipantRows
    from neuroflow.models import Cohort
    from neuroflow.workspace import unmatched_studies, with_participant

    with Console(as_json=as_json, quiet=quiet) as console:
        people = read_people(participants, sheet, column)
        with console.progress() as on_event:
            found = nf.find_studies(folder, on_event=on_event)
            if people is not None:
                rows = ParticipantRows(people)
                found = [with_participant(study, rows) for study in found]
            findings = nf.check(found, deep=deep, on_event=on_event)
        unmatched = unmatched_studies(Cohort("check", tuple(found)), people)
        findings = pd.concat([findings, unmatched], ignore_index=True)
        bad = findings.loc[findings["severity"] == "error", "study"].nunique()
        facts = {"studies": len(found), "with_errors": bad, "findings": findings}
        console.output(facts, findings if len(findings) else None)
        console.info(f"{counted(len(found), 'study', 'studies')}, {bad} with errors.")
        if save is not None:
            nf.save_cohort_table(nf.findings_table(findings, found), save)
            console.info(f"The findings are in {save}. It names studies and folders.")
    if bad:
        raise typer.Exit(SOMETHING_LEFT)


def exclude(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    reason: Annotated[str, typer.Option(help="The reason, for the list of exclusions.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Exclude a study: it is not checked, packaged or sent until it is included again."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.exclude(ws.cohort(cohort_id), study, reason)
        console.output({"cohort_id": cohort_id, "excluded": ws.excluded(cohort_id)})
        console.info(f"{study} is excluded.")


def include(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Include a study again that was excluded."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.include(ws.cohort(cohort_id), study)
        console.output({"cohort_id": cohort_id, "excluded": ws.excluded(cohort_id)})
        console.info(f"{study} is included.")


def exclude_result(
    workspace: WorkspaceFolder,
    study: StudyName,
    reason: Annotated[str, typer.Option(help="The reason, for captions and methods texts.")],
    region: Annotated[
        str | None,
        typer.Option(help="One region; the whole study if omitted.", autocompletion=regions),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Set a result aside after quality control: a study, or one of its regions."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.exclude_result(study, region, reason=reason)
        rows = ws.excluded_results()
        console.output({"set_aside": rows}, rows)
        console.info(f"{region or 'The result'} of {study} is set aside.")


def include_result(
    workspace: WorkspaceFolder,
    study: Annotated[
        str,
        typer.Argument(help="The study's label, or its id.", autocompletion=studies_set_aside),
    ],
    region: Annotated[
        str | None,
        typer.Option(
            help="One region; all that is set aside if omitted.", autocompletion=regions_set_aside
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Include a result again that was set aside."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.include_result(study, region)
        rows = ws.excluded_results()
        console.output({"set_aside": rows}, rows)
        console.info(f"{region or 'The result'} of {study} is included.")


def forget(
    workspace: WorkspaceFolder,
    study: Annotated[
        str,
        typer.Argument(
            help="A participant, or a study's label or id.", autocompletion=people_and_studies
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Remove a study or participant whose consent was withdrawn; it is never sent again."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        found = ws.forget_preview(study)
        if not yes:
            console.info("This removes for good: " + (", ".join(found) or study))
            if not sys.stdin.isatty():
                raise typer.BadParameter("use --yes where nobody can be asked")
            typer.confirm("Remove it?", abort=True, err=True)
        rows = ws.forget(study)
        console.output({"forgotten": found, "items": rows}, rows)
        console.info("Removed. What is listed as `remains` has to be removed where it is.")


def override(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    rule: Annotated[str, typer.Argument(help="The rule's id.", autocompletion=rules)],
    reason: Annotated[str, typer.Option(help="The reason; an empty text withdraws the override.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Override a rule for one study, with a reason that is recorded."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.override(ws.cohort(cohort_id), study, rule, reason)
        console.output({"cohort_id": cohort_id, "study": study, "rule": rule, "reason": reason})
        done = "is overridden" if reason.strip() else "applies again"
        console.info(f"The rule {rule} {done} for {study}.")


def override_all(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    rule: Annotated[str, typer.Argument(help="The rule's id.", autocompletion=rules)],
    reason: Annotated[str, typer.Option(help="The reason; an empty text withdraws the overrides.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Override a rule for every study of a cohort that is not excluded, with one reason."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        cohort = ws.cohort(cohort_id)
        ws.override(cohort, None, rule, reason)
        count = len(cohort.studies) - len(ws.excluded(cohort_id))
        console.output({"cohort_id": cohort_id, "rule": rule, "studies": count, "reason": reason})
        done = "is overridden" if reason.strip() else "applies again"
        console.info(f"The rule {rule} {done} for {counted(count, 'study', 'studies')}.")


def fill_in(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    study: StudyName,
    age: Annotated[float | None, typer.Option(help="Age at the scan, in years.")] = None,
    sex: Annotated[str | None, typer.Option(help="M or F.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fill in a study's age or sex where neither participants.tsv nor its header has it."""
    from neuroflow.io import read_sex

    if age is None and sex is None:
        raise typer.BadParameter("use --age, --sex, or both")
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.fill_in(ws.cohort(cohort_id), study, age=age, sex=sex)
        known = sex and read_sex(sex)
        console.output({"cohort_id": cohort_id, "study": study, "age": age, "sex": known})
        console.info(f"Filled in for {study}; participants.tsv is not changed.")


def package(
    workspace: WorkspaceFolder,
    cohort_id: CohortId,
    folder: ScansFolder = None,
    participants: Participants = None,
    sheet: Sheet = None,
    column: Columns = None,
    jobs: Jobs = None,  # noqa: ARG001  its callback sets it
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """De-identify and zip every study of a cohort; nothing is sent."""
    is_new = not is_workspace(workspace)
    with (
        Console(as_json=as_json, quiet=quiet) as console,
        open_workspace(workspace, may_create=folder is not None) as ws,
        stoppable() as stop,
    ):
        if is_new:
            console.info(f"A new workspace was made: {ws.folder}.")
        with console.progress() as on_event:
            people = people_to_copy(participants, sheet, column)
            found = find_scans(folder, on_event)
            cohort = ws.cohort(cohort_id, found, participants=people, on_event=on_event)
            packages = ws.package(cohort, on_event=on_event, stop=stop)
        elsewhere = ws.ledger.further_cohorts()  # sent with another cohort, and packaged for that
        done = {each.study_id for each in packages} | set(ws.excluded(cohort_id))
        done |= {study_id for study_id, cohorts in elsewhere.items() if cohort_id in cohorts}
        missing = sum(study.study_id not in done for study in cohort.studies)
        rows = [
            {"study_id": each.study_id, "file": each.path, "size": each.size, "sha256": each.sha256}
            for each in packages
        ]
        console.output({"cohort_id": cohort_id, "packages": rows, "missing": missing})
        size = sum(each.size for each in packages) / 1e6
        console.info(f"{len(packages)} packages, {size:.0f} MB; {missing} missing.")
    if missing:
        raise typer.Exit(SOMETHING_LEFT)
