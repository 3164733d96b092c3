"""Notifications of the browser: what is asked, answered and sent."""

import pytest
from support.forms import control, html_of

from neuroflow.widgets.browser import notify, notify_box
from neuroflow.widgets.common.private import PageLink


@pytest.fixture
def page(monkeypatch):
    """Return a new link to a page, and what is sent to it."""
    link = PageLink()
    monkeypatch.setattr(PageLink, "_current", link)
    sent = []
    monkeypatch.setattr(link, "send", lambda message, *_: sent.append(message))
    return link, sent


def answer(link, **message):
    link._handle_custom_msg(message, [])


def test_nothing_is_sent_before_it_is_asked_for(page):
    _, sent = page
    notify("2 new results.")
    assert sent == []


def test_words_are_sent_once_the_box_is_ticked(page):
    _, sent = page
    control(notify_box("when it is done"), "Notify me").value = True
    notify("2 new results.")
    assert sent == [{"notify": "2 new results."}]


def test_the_tick_is_one_choice_for_all_forms(page):
    first, second = notify_box("here"), notify_box("there")
    control(first, "Notify me").value = True
    assert control(second, "Notify me").value


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        ("denied", "The browser refuses notifications"),
        ("default", "Tick again to be asked"),
        ("insecure", "only from https"),
        ("missing", "offers no notifications"),
    ],
)
def test_a_refusal_is_shown_and_takes_the_tick_away(page, permission, words):
    link, _ = page
    box = notify_box("here")
    control(box, "Notify me").value = True
    answer(link, permission=permission, asked=True)
    assert not control(box, "Notify me").value
    assert words in html_of(box)


def test_permission_is_shown_while_the_box_is_ticked(page):
    link, _ = page
    box = notify_box("here")
    control(box, "Notify me").value = True
    answer(link, permission="granted", asked=True)
    assert control(box, "Notify me").value
    assert "no names" in html_of(box)


def test_another_browser_that_refuses_takes_no_tick_away(page):
    link, _ = page
    box = notify_box("here")
    control(box, "Notify me").value = True
    answer(link, permission="denied")
    assert control(box, "Notify me").value


def test_an_unknown_answer_of_a_page_shows_nothing(page):
    link, _ = page
    box = notify_box("here")
    answer(link, permission="<b>other</b>", asked=True)
    assert html_of(box) == ""


def test_a_tick_after_a_refusal_asks_the_browser_again(page):
    link, sent = page
    box = notify_box("here")
    answer(link, permission="denied", asked=True)
    control(box, "Notify me").value = True
    assert sent == [{"permit": True}]
    answer(link, permission="denied", asked=True)
    assert not control(box, "Notify me").value
