"""The first submission: about which studies of an account the user is asked."""

import pytest

from neuroflow.contract import cohort_folder
from neuroflow.errors import FirstSubmissionError
from neuroflow.transfer.upload.first import Acquaintance, check_account

OURS, OTHERS = (f"{tag}0000-0000-8000-8000-000000000000" for tag in ("aaaa", "bbbb"))
RANDOM = "aaaa0000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("is_first", "tags"), [(True, {"aaaa", "bbbb", "random"}), (False, {"bbbb"})]
)
def test_later_only_unknown_keys_are_asked_about(is_first, tags):
    known = Acquaintance((), (), accepted=("aaaa",), is_first=is_first)
    assert known.strange([OURS, OTHERS, RANDOM]).keys() == tags


@pytest.mark.parametrize(
    ("answered", "n_files", "held"),
    [
        ([OTHERS], 0, "1 result"),
        ([], 2, "2 files in the folder of cohort COHORT"),
        ([OTHERS], 1, "1 result and 1 file in the folder of cohort COHORT"),
    ],
)
def test_the_question_names_only_what_is_there(folder_remote, answered, n_files, held):
    home, connect = folder_remote
    folder = home / cohort_folder("COHORT")
    folder.mkdir(parents=True)
    for name in (OURS, OTHERS)[:n_files]:
        (folder / f"{name}.zip").touch()
    with pytest.raises(FirstSubmissionError) as caught:
        check_account(connect(), "COHORT", answered=answered, known=Acquaintance((), ()))
    assert caught.value.why.startswith(f"The server holds {held} of a colleague")
