"""A process that collects and is killed at a chosen moment."""

from contextlib import contextmanager
from itertools import count
from pathlib import Path

from support.dying import _die, _DyingLedger, run_to_death

from neuroflow.transfer import local
from neuroflow.transfer.collect import collect as collecting
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.local_files import atomic_download, stamp

MOMENTS = ["in a file", "between files", "before stamping", "before collected", "after collected"]
"""When to die: around every step of a study, before all are here."""


def die_while_collecting(moment, home, ledger_path, results):
    """Run the process; return once it is dead."""
    run_to_death(main, moment, home, ledger_path, results)


def dying(call, turn):
    """Return the function; it dies instead of the call whose turn it is."""
    turns = iter(range(1, turn + 1))

    def called(*args):
        if next(turns) == turn:
            _die()
        return call(*args)

    return called


@contextmanager
def download_by_halves(path, files=count(1)):  # noqa: B008  counts all files of the process
    """Let a file arrive; die in the middle of the fifth."""
    number = next(files)
    with atomic_download(path) as write:

        def by_halves(data):
            middle = len(data) // 2
            write(data[:middle])
            if number == 5:
                _die()
            write(data[middle:])

        yield by_halves


def main(moment, home, ledger_path, results):
    ledger = _DyingLedger(Path(ledger_path))
    if moment == "in a file":
        local.atomic_download = download_by_halves
    elif moment == "between files":
        local.atomic_download = dying(atomic_download, 5)
    elif moment == "before stamping":
        collecting.stamp = dying(stamp, 4)
    else:
        ledger.moment = moment
    place = LocalRemote(Path(home))
    for _ in collecting.collect(lambda: place, ledger, Path(results), connections=1):
        pass
