"""Controls whose contents are never part of a notebook.

A notebook keeps the state of its widgets, if its user wishes so or a program ran it, and with the
state would keep every name, path and picture that the forms show. Here only what describes a
control's looks is state; all else travels as messages of the page's link, which no program saves.
Of the looks only what is set is state, since most of a notebook would be the names of what is not.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar
from weakref import WeakSet
from zlib import crc32

import anywidget
import ipywidgets as widgets
from traitlets import Bool, Float, Unicode

from neuroflow.widgets.common.html import STATIC, read_resource
from neuroflow.widgets.common.one_loop import (
    OneLoop,
    call_later,
    call_soon,
    packed,
    running_loop,
)

MARK = "_neuroflow"
"""What the state of our controls and looks has: a page saves none of what has it."""
PUBLIC = frozenset(
    [
        MARK,
        *("_model_module", "_model_module_version", "_model_name", "_dom_classes"),
        *("_view_module", "_view_module_version", "_view_name", "_view_count"),
        *("_anywidget_id", "_esm", "_css"),
        *("layout", "style", "disabled", "icon", "button_style"),
    ]
)
"""The traits that a notebook may keep; any other may name a participant."""

AUDIENCE_SECONDS = 120.0
"""How long a page counts as open after its last sign of life; one comes every ten seconds."""
SHEETS = ("design", "style", "figure", "page")
"""The style sheets of the forms, which a page loads once: first the design, then its users."""
OPENING_SECONDS = 10.0
"""How long work waits for the first page, which gets no answer from a program at work."""


@cache
def _loader(script: str) -> str:
    """Return the few lines that load the script of a control, named by its contents."""
    loader = _compact(read_resource(STATIC, "part.js"))
    return f'const NAME = "{_name(script)}";\n{loader}'


def _name(script: str) -> str:
    return f"{script}-{crc32(_packed(script)):x}"


@cache
def _packed(script: str) -> bytes:
    return packed(read_resource(STATIC, script))


def _compact(script: str) -> str:
    """Return a script or style without comments of a line and indents, which pages would load."""
    lines = map(str.strip, script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _unpacking(script: str) -> str:
    """Return a script that unpacks another one, in half of its size."""
    text = b64encode(packed(_compact(read_resource(STATIC, script)))).decode("ascii")
    return f'const PACKED = "{text}";\n{_compact(read_resource(STATIC, "unpack.js"))}'


class Scripted(OneLoop, anywidget.AnyWidget):
    """A control whose script a page loads once, not with each of its kind."""

    script: ClassVar[str]

    def __init__(self, **options: Any) -> None:
        self._esm = _loader(self.script)
        super().__init__(**options)
        self.on_msg(lambda _, message, __: self._send_part(message))

    def _send_part(self, message: dict[str, Any]) -> None:
        if message.get("ask") == "part":
            self.send({"part": _name(self.script)}, [_packed(self.script)])


class PageLink(OneLoop, anywidget.AnyWidget):
    """The script that each page with forms runs once, and the messages to it."""

    dark = Bool(False)  # the theme of the page that was opened or changed last
    ratio = Float(1.0)  # its pixels per CSS pixel
    notifies = Bool(False)  # notifications of the browser were asked for
    permission = Unicode("")  # what the browser answered
    _esm = _unpacking("page.js")
    _css = _compact("".join(read_resource(STATIC, f"{name}.css") for name in SHEETS))
    _current: ClassVar[PageLink | None] = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._waiting: dict[str, dict[str, Any]] = {}
        self._controls: WeakSet[Private] = WeakSet()
        self._due: list[Callable[[], object]] = []
        self._seen_at = time.monotonic()
        self._is_heard = False  # a page asks for all contents once it can take them
        self.on_msg(lambda _, message, __: self._answer(message))

    def __repr__(self) -> str:
        return "PageLink()"  # a page without code shows no name of a module

    @classmethod
    def current(cls) -> PageLink:
        """Return the link of this kernel; one is enough for all its pages and forms."""
        if cls._current is None or cls._current.comm is None:
            cls._current = cls(layout={"display": "none"})
        return cls._current

    @classmethod
    def has_audience(cls) -> bool:
        """Return whether a page has shown a sign of life lately; a page that opens has time."""
        return time.monotonic() - cls.current()._seen_at < AUDIENCE_SECONDS

    @classmethod
    def call_when_open(cls, action: Callable[[], object]) -> None:
        """Call an action once a page is open, or after some time; at once without an event loop."""
        link = cls.current()
        if link._is_heard or running_loop() is None:
            action()
            return
        if not link._due:
            call_later(OPENING_SECONDS, link._call_due)
        link._due.append(action)

    def _call_due(self) -> None:
        due, self._due = self._due, []
        for action in due:
            call_soon(action)

    def show(self, control: Private, contents: dict[str, Any]) -> None:
        """Send contents of a control to every page; at once if no loop could gather them."""
        self._controls.add(control)
        if not self._is_heard:
            return
        is_first = not self._waiting
        self._waiting.setdefault(control.model_id, {}).update(contents)
        if is_first:
            call_soon(self._flush)

    def _flush(self) -> None:
        states, self._waiting = self._waiting, {}
        places = [
            (i, name) for i, state in states.items() for name in state if _is_binary(state[name])
        ]
        buffers = [states[i].pop(name) for i, name in places]
        binary = [[*place, number] for number, place in enumerate(places)]
        if states:
            self.send_packed({"contents": {"states": states, "binary": binary}}, buffers)

    def _answer(self, message: dict[str, Any]) -> None:
        """Send everything to a page that was opened, and a sign of life to one that asks."""
        self._seen_at = time.monotonic()
        if message.get("ask") == "alive":
            self.send({"alive": True})
        if "dark" in message:
            self.set_trait("dark", bool(message["dark"]))
            self.set_trait("ratio", float(message["ratio"]))
        if "permission" in message:
            self.permission = str(message["permission"])
            if message.get("asked") and self.permission != "granted":
                self.notifies = False
        if message.get("ask") == "contents":
            self._is_heard = True
            for control in list(self._controls):
                if control.comm is not None:
                    self.show(control, control.contents())
            self._call_due()


def _is_binary(value: object) -> bool:
    return isinstance(value, bytes | bytearray | memoryview)


class _Short:
    """A layout or a style of which a notebook keeps what is set; pages know the rest."""

    _neuroflow = True

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state; all of it without what is not set, some of it as it is."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)  # type: ignore[misc]
        if key:
            return state
        return {name: v for name, v in state.items() if v is not None} | {MARK: True}


@cache
def _short(kind: type[Any], base: type[Any] = _Short) -> type[Any]:
    return type(kind.__name__, (base, kind), {"__doc__": kind.__doc__})


class _Shared(_Short):
    """A look that several controls have: it stays as it is, and they take another."""

    keys: list[str]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.given = given

    def __setattr__(self, name: str, value: Any) -> None:
        if "given" in vars(self) and name in self.keys:
            raise TypeError(f"{name} cannot be changed: other controls have this look, too.")
        super().__setattr__(name, value)


_shared: dict[tuple[Any, ...], Any] = {}


def _shared_look(kind: Any, given: dict[str, Any]) -> Any:
    """Return the look in which this is set, one for all controls that look so."""
    key = (kind, *sorted(given.items()))
    if key not in _shared or _shared[key].comm is None:
        _shared[key] = _short(kind, _Shared)(**given)
    return _shared[key]


class ShortLooks:
    """A control with the layout and style that are asked for, or its own as it is changed."""

    _neuroflow = True
    comm: Any
    layout: Any
    keys: list[str]
    send_state: Callable[[Any], None]
    _trait_values: dict[str, Any]

    def __init__(self, *args: Any, classes: str = "", **options: Any) -> None:
        if classes:  # one added later is a message more to every page
            options["_dom_classes"] = tuple(classes.split())
        for name in LOOKS & options.keys():
            if isinstance(options[name], dict):
                options[name] = _shared_look(self._kind(name), options[name])
        super().__init__(*args, **options)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state; all of it without what is not set, which pages know."""
        state = self.whole_state(key, drop_defaults)
        if key:
            return state
        return {name: v for name, v in state.items() if v not in (None, "")} | {MARK: True}

    def whole_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state without a layout or style of which nothing was set."""
        wanted = set(self.keys if key is None else [key] if isinstance(key, str) else key)
        wanted -= LOOKS - self._trait_values.keys()
        state: dict[str, Any] = super().get_state(wanted, drop_defaults)  # type: ignore[misc]
        return state

    def close(self) -> None:
        """Remove the control, and what looks it has of its own, from all pages."""
        for name in LOOKS & self._trait_values.keys():
            if not isinstance(self._trait_values[name], _Shared):
                self._trait_values[name].close()
        super().close()  # type: ignore[misc]

    def set_visible(self, is_shown: bool) -> None:
        """Show or hide the control."""
        is_scripted = isinstance(self, Scripted)  # its view follows its first layout only
        layout = self.layout if is_scripted else self._trait_values.get("layout")
        if isinstance(layout, _Shared) or (layout is None and not is_shown):
            given = {
                name: v for name, v in getattr(layout, "given", {}).items() if name != "display"
            }
            hidden = {} if is_shown else {"display": "none"}
            self.layout = _shared_look(self._kind("layout"), given | hidden)
        elif layout is not None:
            layout.display = None if is_shown else "none"

    def _kind(self, name: str) -> Any:
        traits: dict[str, Any] = type(self).class_traits()  # type: ignore[attr-defined]
        return traits[name].klass

    def _layout_default(self) -> Any:
        return self._first_look("layout")

    def _style_default(self) -> Any:
        return self._first_look("style")

    def _first_look(self, name: str) -> Any:
        """Make a look as it is asked for; pages that show the control learn of it."""
        self._trait_values[name] = _short(self._kind(name))()
        if self.comm is not None:
            self.send_state(name)
        return self._trait_values[name]


LOOKS = {"layout", "style"}


class Private(ShortLooks, OneLoop):
    """Sends contents as messages of the link instead of as state."""

    public: ClassVar[frozenset[str]] = PUBLIC
    comm: Any
    model_id: str
    _property_lock: dict[str, Any]

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return what a notebook may keep."""
        state = super().get_state(key, drop_defaults)
        return {name: value for name, value in state.items() if name in self.public}

    def contents(self, key: Any = None) -> dict[str, Any]:
        """Return the rest of the state."""
        state = self.whole_state(key)
        return {name: value for name, value in state.items() if name not in self.public}

    def open(self) -> None:
        """Make the control known to the pages, then show its contents."""
        is_new = self.comm is None
        super().open()
        if is_new:
            PageLink.current().show(self, self.contents())

    def send_state(self, key: Any = None) -> None:
        """Send what has changed."""
        super().send_state(key)
        contents = self.contents(key)
        for name in contents.keys() & self._property_lock.keys():
            self._property_lock[name] = contents[name]
        if contents and self.comm is not None:
            PageLink.current().show(self, contents)


class HTML(Private, widgets.HTML):  # type: ignore[misc]
    """A text."""


class Button(Private, widgets.Button):  # type: ignore[misc]
    """A button."""


class ToggleButton(Private, widgets.ToggleButton):  # type: ignore[misc]
    """A button that stays pressed."""


class Checkbox(Private, widgets.Checkbox):  # type: ignore[misc]
    """A box to tick."""


class Text(Private, widgets.Text):  # type: ignore[misc]
    """A line of text."""


class Textarea(Private, widgets.Textarea):  # type: ignore[misc]
    """Several lines of text."""


class Password(Private, widgets.Password):  # type: ignore[misc]
    """A line of text that is not shown."""


class IntText(Private, widgets.IntText):  # type: ignore[misc]
    """A whole number."""


class Combobox(Private, widgets.Combobox):  # type: ignore[misc]
    """A line of text with suggestions."""


class Dropdown(Private, widgets.Dropdown):  # type: ignore[misc]
    """A menu."""


class Select(Private, widgets.Select):  # type: ignore[misc]
    """A list to choose one of."""


class VBox(ShortLooks, widgets.VBox):  # type: ignore[misc]
    """A column of controls."""


class HBox(ShortLooks, widgets.HBox):  # type: ignore[misc]
    """A row of controls."""


class Box(ShortLooks, widgets.Box):  # type: ignore[misc]
    """Controls as their layout has them."""


class GridBox(ShortLooks, widgets.GridBox):  # type: ignore[misc]
    """A grid of controls."""
