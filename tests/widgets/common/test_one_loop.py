"""Messages of a page arrive on threads of their own; the forms live on one."""

import asyncio
import threading

import ipywidgets as widgets
from support.forms import all_of
from support.waits import PATIENCE

from neuroflow.widgets.app import app
from neuroflow.widgets.common import OneLoop, private

SILENT = (widgets.Box, widgets.VBox, widgets.HBox, widgets.GridBox)


def update(**state):
    return {"content": {"data": {"method": "update", "state": state}}}


def handled_on(field):
    """Handle a message on a thread of its own; return the thread on which it has an effect."""
    done, threads = threading.Event(), []

    def seen(_change):
        threads.append(threading.current_thread())
        done.set()

    field.observe(seen, names="value")
    threading.Thread(target=field._handle_msg, args=(update(value="typed"),)).start()
    return done, threads


def test_message_is_handled_on_the_loop_of_its_control():
    async def forms():
        done, threads = handled_on(private.Text())
        assert await asyncio.to_thread(done.wait, PATIENCE)
        return threads

    assert asyncio.run(forms()) == [threading.current_thread()]


def test_message_is_handled_at_once_after_the_loop_has_ended():
    async def made():
        return private.Text()

    done, threads = handled_on(asyncio.run(made()))
    assert done.wait(PATIENCE)
    assert threads != [threading.current_thread()]


def test_every_control_of_the_forms_handles_messages_so(empty):
    view = app(empty)
    for number in range(len(view.titles)):
        view.forms.selected_index = number
    controls = [each for each in all_of(view, widgets.DOMWidget) if type(each) not in SILENT]
    loose = {
        type(each).__name__ for each in controls if not isinstance(each, OneLoop | widgets.Box)
    }
    assert loose == set()
    assert isinstance(view.forms, OneLoop)


def test_work_waits_until_a_page_is_open(monkeypatch):
    link, order = private.PageLink.current(), []
    monkeypatch.setattr(link, "send", lambda *_: None)
    monkeypatch.setattr(link, "_is_heard", False)

    async def opened():
        link.call_when_open(lambda: order.append("work"))
        await asyncio.sleep(0.05)
        order.append("open")
        link._handle_custom_msg({"ask": "contents", "dark": False, "ratio": 1}, [])
        await asyncio.sleep(0.05)

    asyncio.run(opened())
    assert order == ["open", "work"]


def test_work_does_not_wait_for_ever_for_a_page(monkeypatch):
    link, order = private.PageLink.current(), []
    monkeypatch.setattr(link, "_is_heard", False)
    monkeypatch.setattr(private, "OPENING_SECONDS", 0.01)

    async def closed():
        link.call_when_open(lambda: order.append("work"))
        await asyncio.sleep(0.2)

    asyncio.run(closed())
    assert order == ["work"]
