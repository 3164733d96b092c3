"""Fetch aggregated reports of many studies, which appear beside the result folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from neuroflow.contract import report_path
from neuroflow.errors import ConnectionLostError, IdError
from neuroflow.models import Entry
from neuroflow.transfer.collect.folder_contents import too_large
from neuroflow.transfer.local_files import is_here, lack_of_space, make_folder, stamp
from neuroflow.transfer.remote import Remote, Wanted


def fetch_reports(
    remote: Remote, reports: Sequence[Entry], folder: Path
) -> Iterator[tuple[str, str]]:
    """Fetch aggregated reports that are new or changed."""
    wanted: list[tuple[Entry, Path]] = []
    taken: set[str] = set()
    for entry in reports:
        try:
            place = report_path(entry.path)
        except IdError as error:
            yield "skipped", f"An aggregated report was skipped: {error}"
            continue
        if reason := too_large(entry):
            yield "skipped", f"{place} was skipped: {reason}"
            continue
        if str(place).casefold() in taken:
            yield "skipped", f"{place} was skipped: another name differs from it in case only"
            continue
        taken.add(str(place).casefold())
        if not is_here(entry, folder / place):
            wanted.append((entry, folder / place))
    if why := lack_of_space(folder, sum(entry.size for entry, _ in wanted)):
        yield "skipped", f"Aggregated reports will be collected next time: {why}"
        return
    for _, local in wanted:
        make_folder(local.parent)
    asked = [
        Wanted(entry.path, local, entry.size, modified=entry.modified) for entry, local in wanted
    ]
    try:
        with closing(remote.get_many(asked)) as arrivals:
            for (entry, local), failure in zip(wanted, arrivals, strict=True):
                if failure is None:
                    stamp(local, entry)
                    yield "progress", f"fetched {local.relative_to(folder).as_posix()}"
                else:
                    yield "skipped", f"An aggregated report will be collected next time: {failure}"
    except ConnectionLostError as error:
        yield "skipped", f"Aggregated reports will be collected next time: {error}"
