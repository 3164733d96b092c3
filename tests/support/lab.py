"""JupyterLab on a loopback port, and a page of Chromium that looks at it."""

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from support.waits import PATIENCE

from neuroflow.io import jupyter_command

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTINGS = '{"fetchNews": "false", "checkForUpdates": false}'
CONTRAST = """(element) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colors) => {
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = [];
  for (let e = element; e; e = e.parentElement) behind.unshift(getComputedStyle(e).backgroundColor);
  const back = ["white", ...behind];
  const [a, b] = [light(back), light([...back, getComputedStyle(element).color])];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
"""A function of the page, after WCAG 2.2, relative luminance and contrast ratio."""
OPEN = """async ([path, theme, seconds]) => {
  const app = window.jupyterapp, end = Date.now() + 1000 * seconds;
  const until = (holds) => new Promise((done, fail) => {
    const look = () => {
      if (holds()) done();
      else if (Date.now() > end) fail(new Error(`JupyterLab never came to ${holds}`));
      else setTimeout(look, 20);
    };
    look();
  });
  await app.restored;
  // A theme that changes while JupyterLab takes its splash away takes it away twice, and fails.
  await until(() => !document.getElementById("jupyterlab-splash"));
  if (document.body.dataset.jpThemeName !== theme)
    await app.commands.execute("apputils:change-theme", { theme });
  await until(() => document.body.dataset.jpThemeName === theme);
  const shown = await app.commands.execute("docmanager:open", { path });
  await until(() => shown.context.sessionContext.session?.kernel?.status === "idle");
  await until(() => app.shell.currentWidget === shown);
  app.commands.execute("notebook:run-all-cells");
}"""
"""Opens a notebook in the page of JupyterLab that is there, and runs it."""
CLOSE = """async (path) => {
  for (const shown of [...window.jupyterapp.shell.widgets("main")]) {
    if (shown.context?.path !== path) continue;
    await shown.context.sessionContext.shutdown();
    shown.dispose();
  }
  await new Promise((done) => setTimeout(done));  // what fails by it fails before the next test
}"""
"""Ends the kernel of a notebook and closes it, asking nothing."""
REOPEN = """async (path) => {
  await window.jupyterapp.commands.execute("docmanager:open", { path });
}"""
"""Opens a notebook without running it."""
ARTIFACTS = Path(__file__).parent.parent / ".artifacts"


def chromium():
    """Return the path of the system's Chromium; skip loudly without one, fail in CI."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        message = "NO BROWSER: the forms were not tried in one; install the package chromium."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    return found


@contextmanager
def running_lab(folder, program="jupyterlab", app="LabApp"):
    """Run JupyterLab on a folder, with nothing of the user's settings; yield its address."""
    own = folder.parent / "jupyter"
    notes = own / "settings" / "@jupyterlab" / "apputils-extension"
    notes.mkdir(parents=True)
    (notes / "notification.jupyterlab-settings").write_text(SETTINGS)
    widgets = own / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    widgets.mkdir(parents=True)
    (widgets / "plugin.jupyterlab-settings").write_text('{"saveState": true}')
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environ = os.environ | {name: str(own / place) for name, place in places.items()}
    options = ("--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root")
    options += ("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True")
    options += (f"--ServerApp.root_dir={folder}", f"--{app}.expose_app_in_browser=True")
    command = [*jupyter_command(program), *options]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = _address(server.stderr)
            # Nobody would empty the pipe otherwise, and the server would stop at its next line.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield address
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def _address(lines):
    for line in lines:
        _, found, address = line.partition("http://127.0.0.1:")
        if found:
            return "http://127.0.0.1:" + address.split("/")[0]
    raise AssertionError("JupyterLab ended before it told its address")


class LabTab:
    """A page of JupyterLab, loaded once for the notebooks of many tests: loading takes seconds."""

    def __init__(self, browser, find_lab):
        self._browser, self._find_lab, self._page = browser, find_lab, None

    def open(self):
        """Return a notebook to open in the page."""
        address, root = self._find_lab()
        if self._page is None or self._page.is_closed():
            self._page = self._browser.new_context().new_page()
        return LabPage(self._page, address, root)


class LabPage:
    """A notebook with the forms of one workspace, open in the browser."""

    _numbers = count(1)

    def __init__(self, page, address, root):
        self.page, self._address, self._root = page, address, root
        self._name = f"forms_{next(self._numbers)}.ipynb"
        self.complaints = []
        page.set_default_timeout(1000 * PATIENCE)
        self._heard = {"pageerror": self._failed, "dialog": self._asked, "console": self._said}
        for event, listen in self._heard.items():
            page.on(event, listen)

    def _failed(self, error):
        self.complaints.append(str(error))

    def _asked(self, dialog):
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _said(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def open_app(self, workspace, theme="JupyterLab Light"):
        """Run a notebook that shows the forms of a workspace."""
        self.open_cell(f"import neuroflow as nf\nnf.app(nf.Workspace({str(workspace)!r}))", theme)

    def open_cell(self, code, theme="JupyterLab Light"):
        """Run a notebook of one cell that shows a form."""
        cell = new_code_cell(code)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        nbformat.write(notebook, self._root / self._name)
        self.show(theme)
        self.form.wait_for()

    def show(self, theme):
        """Open the notebook in the page that is there, and run it."""
        if not self.page.url.startswith(self._address):
            self.page.goto(f"{self._address}/doc")
        self.page.wait_for_function("window.jupyterapp")
        self.page.evaluate(OPEN, [self._name, theme, PATIENCE])

    @property
    def form(self):
        """The form of the open tab."""
        return self.page.locator(".nf-form:not(.nf-header):visible")

    def saved(self):
        """Save the notebook, with the state of its widgets; return the text of its file."""

        def is_save(answer):
            return answer.request.method == "PUT" and "/api/contents/" in answer.url

        with self.page.expect_response(is_save):
            self.page.keyboard.press("Control+s")
        return (self._root / self._name).read_text(encoding="utf-8")

    def reload(self):
        """Save the notebook and load the page anew; the kernel goes on."""
        self.saved()
        self.page.goto(f"{self._address}/doc/tree/{self._name}")
        self.form.wait_for()

    def reopen(self):
        """End the kernel of the saved notebook and open it anew, as another day."""
        self.page.evaluate(CLOSE, self._name)
        self.page.evaluate(REOPEN, self._name)

    def restart(self):
        """End the kernel in the middle of its work, and run the notebook in a new one."""
        menu = self.page.get_by_role("menuitem", name="Kernel", exact=True)
        menu.click()
        self.page.get_by_text("Restart Kernel and Run All Cells…", exact=True).click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        self.form.wait_for(state="detached")
        self.form.wait_for()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, *what):
        """Type texts, and press the keys among them."""
        for one in what:
            keyboard = self.page.keyboard
            (keyboard.press if one in {"Tab", "Enter"} else keyboard.insert_text)(str(one))

    def tab(self, name):
        """Open a form, and wait until it is the one that is seen."""
        tab = self.page.get_by_role("tab", name=name)
        tab.click()
        tab.and_(self.page.locator("[aria-selected=true]")).wait_for()

    def fill(self, label, value):
        field = self.form.get_by_label(label, exact=True)
        field.fill(str(value))
        field.press("Tab")

    def click(self, label):
        self.form.get_by_role("button", name=label).click()

    def sees(self, text):
        """Wait for a text; if it does not come, tell what is there in its place."""
        from playwright.sync_api import TimeoutError as MissedError

        try:
            self.form.get_by_text(text).filter(visible=True).first.wait_for()
        except MissedError as error:
            self.screenshot("missed")
            shown = "\n".join(self.form.all_inner_texts())
            raise AssertionError(f"{text!r} did not come; there was:\n{shown}") from error

    def choose_row(self, name):
        """Click on a row of a table whose rows can be chosen."""
        self.form.get_by_role("gridcell", name=name, exact=True).first.click()

    def contrast(self, selector):
        """Return the contrast of a text to what is behind it, as WCAG 2 reckons it."""
        return self.form.locator(selector).first.evaluate(CONTRAST)

    def screenshot(self, name):
        """Keep a picture of the forms in the folder of artifacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        forms = self.page.locator(".jp-OutputArea-output").filter(has=self.form)
        forms.screenshot(path=ARTIFACTS / f"{name}.png")

    def leave(self):
        """Close the notebook and end its kernel, which would go on working beside the next test."""
        is_closed = False
        try:
            self.page.evaluate(CLOSE, self._name)
            is_closed = True
        finally:
            for event, listen in self._heard.items():
                self.page.remove_listener(event, listen)
            if not is_closed:
                self.page.close()  # the next test loads another
