"""The forms in Notebook 7, which shares its parts with JupyterLab but not its window."""

from importlib.util import find_spec

import pytest
from support.lab import LabPage, running_lab
from support.waits import PATIENCE

RUN = """async (seconds) => {
  const app = window.jupyterapp, end = Date.now() + 1000 * seconds;
  const kernel = () => app.shell.currentWidget?.sessionContext?.session?.kernel?.status;
  await app.restored;
  while (kernel() !== "idle") {
    if (Date.now() > end) throw new Error(`the kernel is ${kernel()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  app.commands.execute("notebook:run-all-cells");
}"""
"""Runs the notebook of the page once its kernel is there."""
OWN = "Cannot read properties of undefined (reading 'schema')"
"""What Notebook 7.6 complains of itself, with any notebook, as it loads its settings."""


def running_notebook7(folder):
    """Run Notebook 7 on a folder; skip loudly where it is not installed."""
    if find_spec("notebook") is None:
        pytest.skip("NO NOTEBOOK 7: the forms were not tried in it; pip install notebook.")
    return running_lab(folder, "notebook", "JupyterNotebookApp")


class Notebook7Page(LabPage):
    """A notebook with the forms of one workspace, alone in its window."""

    def _failed(self, error):
        if str(error) != OWN:
            super()._failed(error)

    def show(self, theme):
        """Load the notebook and run it."""
        self.page.goto(f"{self._address}/notebooks/{self._name}")
        self.page.wait_for_function("window.jupyterapp")
        self.page.evaluate(RUN, PATIENCE)

    def reopen(self):
        """Load the saved notebook anew, without running it."""
        self.page.goto(f"{self._address}/notebooks/{self._name}")
