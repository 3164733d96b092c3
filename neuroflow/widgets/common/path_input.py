"""A path field with completion and a file picker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from traitlets import link

from neuroflow.widgets.common import html, private
from neuroflow.widgets.common.controls import button, disable_while_busy, field, set_visible
from neuroflow.widgets.common.form_model import FormModel
from neuroflow.widgets.common.path_completion import complete_path, list_folder

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
        self._folders_only = folders_only
        self._folder = start if start is not None and start.is_dir() else Path.cwd()
        self._paths: list[Path | None] = []
        self.typed = field(
            private.Combobox, label, description, ensure_option=False, placeholder="path"
        )
        link((model, name), (self.typed, "value"))
        self.typed.observe(lambda _: model.run_safely(self._complete), names="value")
        browse = button(model, "Browse", f"Choose from a list: {label}", self._toggle)
        self._location = private.HTML()
        self._list = field(private.Select, "Contents", f"Open a folder or choose: {label}", rows=10)
        buttons = [
            button(model, "Open", "Open the folder, or choose the file", self._open),
            button(model, "Cancel", "Close the list", self._toggle),
        ]
        self._picker = private.VBox(
            [self._location, private.HBox([self._list, private.VBox(buttons)])]
        )
        self._picker.add_class("nf-picker")
        set_visible(self._picker, False)
        disable_while_busy(model, self.typed, browse, *buttons)
        super().__init__([private.HBox([self.typed, browse]), self._picker])

    def _complete(self) -> None:
        self.typed.options = complete_path(self.typed.value, folders_only=self._folders_only)

    def _toggle(self) -> None:
        is_open = self._picker.layout.display is None
        if not is_open:
            typed = Path(os.path.expanduser(self.typed.value))  # noqa: PTH111  pathlib raises for ~nobody
            near = next(
                (p for p in (typed, *typed.parents) if self.typed.value and p.is_dir()), None
            )
            self._open_folder((near or self._folder).absolute())
        set_visible(self._picker, not is_open)

    def _open_folder(self, folder: Path) -> None:
        self._folder = folder
        self._location.value = f'<p role="status">Folder: {html.text(folder)}</p>'
        names: list[tuple[str, Any]] = [(THIS_FOLDER, 0)] if self._folders_only else []
        self._paths = [None] if self._folders_only else []
        if folder.parent != folder:
            names.append((PARENT_FOLDER, len(self._paths)))
            self._paths.append(folder.parent)
        for path in list_folder(folder, folders_only=self._folders_only):
            names.append((path.name + ("/" if path.is_dir() else ""), len(self._paths)))
            self._paths.append(path)
        self._list.options = names

    def _open(self) -> None:
        if self._list.value is None:
            return
        path = self._paths[self._list.value]
        if path is not None and path.is_dir():
            self._open_folder(path)
            return
        self.typed.value = str(path or self._folder)
        set_visible(self._picker, False)
