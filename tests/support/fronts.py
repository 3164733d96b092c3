"""Where the forms run: a notebook in JupyterLab, or the page without code."""

from contextlib import contextmanager

from support.notebook7 import Notebook7Page
from support.voila import VoilaPage, running_page

VIEW = {"width": 1300, "height": 1400}


@contextmanager
def in_lab(tab, workspace, *, dark=False):
    """Show the forms of a workspace in a notebook."""
    with left(tab.open()) as page:
        page.open_app(workspace, theme="JupyterLab Dark" if dark else "JupyterLab Light")
        yield page


@contextmanager
def in_notebook7(browser, server, workspace):
    """Show the forms of a workspace in a notebook of Notebook 7."""
    with left(Notebook7Page(browser.new_page(), *server)) as page:
        page.open_app(workspace)
        yield page


@contextmanager
def in_voila(browser, workspace, *, dark=False):
    """Show the forms of a workspace as a page, served meanwhile."""
    with (
        running_page(workspace, "--theme", "dark" if dark else "light") as address,
        left(VoilaPage(browser.new_page(), address)) as page,
    ):
        page.open()
        yield page


@contextmanager
def left(page):
    """Leave a page in the end; what its console complained of fails the test."""
    try:
        yield page
        assert page.complaints == [], page.complaints
    finally:
        page.leave()
