"""A path field with completion and a file picker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from traitlets import link

from neuroflow.widgets.common import html, private
from neuroflow.widgets.common.controls import button, disable_while_busy, field, set_visible
from neuroflow.widgets.common.form_model import FormModel
from neuroflow.widgets.common.path_completion import (
    clean_path,
    complete_path,
    read_folder,
    starting_places,
)

THIS_FOLDER = "(use this folder)"
PARENT_FOLDER = ".. (one folder up)"


class PathInput(private.VBox):
    """A path, linked with a trait of a model."""

    def __init__(
        self,
        model: FormModel,
        name: str,
        label: str,
        description: str,
        *,
        folders_only: bool,
        start: Path | None = None,
    ) -> None:
        self._model, self._label = model, label
        self._folders_only = folders_only
        self._folder = start if start is not None and start.is_dir() else Path.cwd()
        self._picker: _Picker | None = None
        self.typed = field(
            private.Combobox, label, description, ensure_option=False, placeholder="path"
        )
        link((model, name), (self.typed, "value"))
        self.typed.observe(lambda _: model.run_safely(self._typed), names="value")
        browse = button(model, "Browse", f"Choose from a list: {label}", self._toggle)
        disable_while_busy(model, self.typed, browse)
        self._row = private.HBox([self.typed, browse])
        super().__init__([self._row])

    def _typed(self) -> None:
        self.typed.value = clean_path(self.typed.value)
        self.typed.options = complete_path(self.typed.value, folders_only=self._folders_only)

    def _toggle(self) -> None:
        """Open the picker, which is made when it is opened first, or close it."""
        if self._picker is None:
            self._picker = _Picker(
                self._model, self._label, self._choose, folders_only=self._folders_only
            )
            self.children = (self._row, self._picker)
        elif self._picker.layout.display is None:
            set_visible(self._picker, False)
            return
        typed = Path(os.path.expanduser(self.typed.value))  # noqa: PTH111  pathlib raises for ~nobody
        near = next((p for p in (typed, *typed.parents) if self.typed.value and p.is_dir()), None)
        self._picker.open_folder((near or self._picker.folder or self._folder).absolute())
        set_visible(self._picker, True)

    def _choose(self, path: Path | None) -> None:
        """Take over what was picked, if anything, and close the picker."""
        if path is not None:
            self.typed.value = str(path)
        if self._picker is not None:
            set_visible(self._picker, False)


class _Picker(private.VBox):
    """The contents of a folder; a double click or Enter opens a folder or chooses a file."""

    def __init__(
        self,
        model: FormModel,
        label: str,
        choose: Callable[[Path | None], None],
        *,
        folders_only: bool,
    ) -> None:
        self._choose = choose
        self._folders_only = folders_only
        self._paths: list[Path | None] = []
        self.folder: Path | None = None
        self._location = private.HTML()
        self._list = field(private.Select, "Contents", f"Open a folder or choose: {label}", rows=12)
        places = field(
            private.Dropdown,
            "Go to",
            "The home folder, disks and shares",
            options=[("choose", ""), *starting_places()],
            value="",
        )
        places.observe(lambda change: model.run_safely(lambda: self._go(change)), names="value")
        opener = button(model, "Open", "Open the folder, or choose the file", self._open)
        opener.add_class("nf-open")  # also pressed by Enter and a double click
        use = button(model, "Use this folder", "Choose the folder that is open", self._use)
        set_visible(use, folders_only)
        cancel = button(model, "Cancel", "Close the list", lambda: choose(None))
        disable_while_busy(model, places, opener, use, cancel)
        row = private.HBox([self._list, private.VBox([opener, use, cancel])])
        super().__init__([places, self._location, row], classes="nf-picker")

    def open_folder(self, folder: Path) -> None:
        """List a folder."""
        self.folder = folder
        contents = read_folder(folder, folders_only=self._folders_only)
        remark = html.badge("warn", contents.remark) if contents.remark else ""
        if not (contents.paths or contents.remark):
            remark = html.badge("", "No folders in here." if self._folders_only else "Empty.")
        self._location.value = f'<p role="status">Folder: {html.text(folder)} {remark}</p>'
        self._paths = [None] if self._folders_only else []
        names: list[tuple[str, Any]] = [(THIS_FOLDER, 0)] if self._folders_only else []
        if folder.parent != folder:
            names.append((PARENT_FOLDER, len(self._paths)))
            self._paths.append(folder.parent)
        for place, path in enumerate(contents.paths):
            names.append((path.name + "/" * (place < contents.n_folders), len(self._paths)))
            self._paths.append(path)
        self._list.options = names

    def _go(self, change: Any) -> None:
        if change.new:
            self.open_folder(change.new)
            change.owner.value = ""  # the same place can be chosen again

    def _open(self) -> None:
        if self._list.value is None:
            return
        path = self._paths[self._list.value]
        if path is not None and path.is_dir():
            self.open_folder(path)
        else:
            self._choose(path or self.folder)

    def _use(self) -> None:
        self._choose(self.folder)
