import pytest

from neuroflow.transfer.upload import reconcile, shared_journal
from neuroflow.widgets.common.study_labels import in_form_words


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "neuropacs reported a failure; submit with replace to send it again",
            "neuropacs reported a failure; send it again with Retry failed studies",
        ),
        (
            "other content was sent under this id; submit with replace to send it again",
            "other content was sent under this id; select the study and prepare a repetition",
        ),
        ("Study 8b1f-22: the line was lost.", "the line was lost."),
        ("262144 of 600925 bytes", "0.3 of 0.6 MB"),
        ("sent; the size on the server is correct", "sent; the size on the server is correct"),
    ],
)
def test_a_message_names_a_button_in_place_of_an_argument(message, shown):
    assert in_form_words(message) == shown


def test_no_recorded_message_names_the_argument():
    texts = [reconcile.DECIDE, reconcile.KEPT, shared_journal.BEGUN_ELSEWHERE]
    assert all("replace" in text for text in texts)
    assert not [text for text in texts if "replace" in in_form_words(text)]
