"""What a notebook saves of the forms is their state: nothing of a participant is in it."""

import gzip
import json

import anywidget
import pandas as pd
import pytest
from ipywidgets.embed import dependency_state
from support.collected import collect_into, people
from support.forms import all_of, button, control
from support.waits import PATIENCE

from neuroflow.widgets.app import app
from neuroflow.widgets.browser import CopyButton, DownloadButton
from neuroflow.widgets.common import (
    ClickableFigure,
    DataTable,
    FormModel,
    HitRegion,
    Picture,
    private,
)

PATIENT = "MRN7654321"
LIMIT = 300_000
"""How many bytes the forms may add to a notebook."""


def saved(view):
    """Return the state of a view, and of all that it is made of, as a notebook saves it."""
    return json.dumps(dependency_state([view], drop_defaults=True), ensure_ascii=False)


@pytest.fixture
def messages(monkeypatch):
    """Record what is sent to the pages, unpacked; only messages, no state."""
    sent = []
    link = private.PageLink.current()

    def record(message, buffers=()):
        if message.get("packed"):
            message, buffers = json.loads(gzip.decompress(buffers[0])), buffers[1:]
        sent.append((message, buffers))

    monkeypatch.setattr(link, "send", record)
    monkeypatch.setattr(link, "_is_heard", True)
    return sent


@pytest.fixture
def opened(empty):
    """Show the forms of a workspace with results, each of them opened."""
    collect_into(empty, people(3))
    view = app(empty)
    for number in range(len(view.titles)):
        view.forms.selected_index = number
    for model in view.neuroflow.forms.values():
        assert model.join(PATIENCE)
    view.neuroflow.results.study_id = view.neuroflow.results.ids[0]
    return view


def test_a_note_is_no_part_of_a_saved_notebook(opened):
    note = control(opened, "Note")
    note.value = PATIENT
    button(opened, "Save note").click()
    assert PATIENT not in saved(opened)
    assert note.value == PATIENT


def test_no_participant_path_or_passphrase_is_in_the_state(opened, empty):
    control(opened, "Passphrase").value = "S3CRETpass"
    control(opened, "Scan folder").value = "/scans/Mustermann"
    state = saved(opened)
    rows = opened.neuroflow.results.status
    wanted = [*rows["study"], "S3CRETpass", "Mustermann", str(empty.folder), "PSP"]
    shown = [
        str(table.rows) for table in all_of(opened, anywidget.AnyWidget) if hasattr(table, "rows")
    ]
    assert all(name in "".join(shown) for name in rows["study"])
    assert [each for each in wanted if each in state] == []
    assert len(state.encode()) < LIMIT


def test_rows_of_a_table_are_sent_when_asked_for(monkeypatch):
    view = DataTable(FormModel(), "Studies", select="single")
    view.show(pd.DataFrame({"study": [PATIENT], "age": [61]}))
    assert PATIENT not in saved(view)
    sent = []
    rows = view.children[0]
    monkeypatch.setattr(rows, "send", sent.append)
    rows._handle_custom_msg({"ask": "rows"}, [])
    assert sent[0]["rows"][0][0] == PATIENT


def test_changed_contents_are_sent_as_messages(messages):
    text = private.HTML()
    text.value = PATIENT
    (first, _), (second, _) = messages
    assert first["contents"]["states"][text.model_id]["value"] == ""
    assert second["contents"] == {"states": {text.model_id: {"value": PATIENT}}, "binary": []}


def test_page_that_opens_is_sent_all_contents(messages):
    text = private.HTML(PATIENT)
    messages.clear()
    private.PageLink.current()._handle_custom_msg({"ask": "contents"}, [])
    states = [message["contents"]["states"] for message, _ in messages]
    assert {"value": PATIENT}.items() <= next(s for s in states if text.model_id in s)[
        text.model_id
    ].items()


def test_contents_wait_for_a_page_that_asks(messages, monkeypatch):
    link = private.PageLink.current()
    monkeypatch.setattr(link, "_is_heard", False)
    text = private.HTML(PATIENT)
    assert messages == []
    link._handle_custom_msg({"ask": "contents"}, [])
    assert any(text.model_id in message["contents"]["states"] for message, _ in messages)


def test_pictures_travel_as_bytes_beside_the_message(messages):
    view = ClickableFigure(hint="Choose")
    messages.clear()
    view.show(Picture(b"PNG", PATIENT, 400))
    message, buffers = messages[0]
    assert message["contents"]["binary"] == [[view.model_id, "png", 0]]
    assert buffers == [b"PNG"]
    assert PATIENT not in saved(view)


def test_nothing_ticks_when_no_page_shows_the_forms(monkeypatch):
    link = private.PageLink.current()
    sent = []
    monkeypatch.setattr(link, "send", sent.append)
    monkeypatch.setattr(link, "_seen_at", -1e9)
    assert not link.has_audience()
    link._handle_custom_msg({"ask": "alive"}, [])
    assert link.has_audience()
    assert sent == [{"alive": True}]


KINDS = [private.VBox, private.HBox, private.GridBox, private.HTML, private.Button, private.Text]


@pytest.mark.parametrize("kind", KINDS)
def test_only_looks_that_are_set_are_state(kind):
    control = kind(layout={"width": "auto"})
    state = control.layout.get_state()
    named = {name for name in state if not name.startswith("_")}
    assert named == {"width"}
    assert {"_model_name", "_model_module", "_view_name"} <= set(state)
    assert state["_model_name"] == "LayoutModel"
    if hasattr(control, "style"):
        assert None not in control.style.get_state().values()


@pytest.mark.parametrize("kind", KINDS)
def test_controls_and_looks_are_marked_as_ours(kind):
    control = kind(layout={"width": "auto"})
    assert control.get_state()[private.MARK] is True
    assert control.layout.get_state()[private.MARK] is True
    assert private.MARK not in control.layout.get_state("width")


def test_every_control_has_looks_of_its_own():
    one, other = private.Button(), private.Button()
    assert one.layout is not other.layout
    assert one.style is not other.style
    one.layout.display = "none"
    assert other.layout.display is None


def test_a_look_that_is_taken_back_is_told():
    layout = private.VBox().layout
    layout.display = "none"
    layout.display = None
    assert layout.get_state({"display"}) == {"display": None}
    assert layout.get_state("display") == {"display": None}


def test_controls_that_look_alike_share_one_look():
    one, other = (private.Text(layout={"width": "9px"}, style={"text_color": "red"}) for _ in "ab")
    assert one.layout is other.layout
    assert one.style is other.style
    with pytest.raises(TypeError, match="other controls"):
        one.layout.width = "8px"
    one.close()
    assert other.layout.comm is not None


@pytest.mark.parametrize("given", [{}, {"layout": {"width": "9px"}}])
def test_hiding_one_control_hides_no_other(given):
    one, other = private.HTML(**given), private.HTML(**given)
    one.set_visible(False)
    assert (one.layout.display, other.layout.display) == ("none", None)
    one.set_visible(True)
    assert one.layout.display is None
    assert one.layout.width == other.layout.width


@pytest.mark.parametrize("kind", [ClickableFigure, CopyButton, DownloadButton])
def test_a_scripted_control_keeps_its_layout_when_hidden(kind):
    control = kind()
    first = control.layout
    control.set_visible(False)
    assert first.display == "none"
    control.set_visible(True)
    assert first.display is None
    assert control.layout is first  # the view of another one would not follow


def test_figure_sends_no_key_and_selects_by_it():
    view = ClickableFigure(hint="Choose")
    view.selected = "RN"
    areas = [HitRegion(key, key.lower(), 0, 0, 1, 1) for key in ("pSN", "RN")]
    view.show(Picture(b"PNG", "", 400, tuple(areas)))
    assert [area[:2] for area in view.hit_regions] == [[0, "psn"], [1, "rn"]]
    assert view.chosen == 1
    view.show(Picture(b"PNG", "", 400, tuple(areas[::-1])))
    view.chosen = 0  # of the picture before: clicked on while the next one came
    assert view.selected == "pSN"
    view.selected = "unknown"
    assert view.chosen == -1
