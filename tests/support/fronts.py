"""Where the forms run: a notebook in JupyterLab, or the page without code."""

from support.lab import LabPage
from support.voila import VoilaPage, running_page

VIEW = {"width": 1300, "height": 1400}
TIMEOUT = 180_000  # ms: what is waited for is the work of several processes


def in_lab(stack, browser, lab, workspace, *, dark=False):
    """Show the forms of a workspace in a notebook until the stack is closed."""
    context = stack.enter_context(browser.new_context(viewport=VIEW))
    page = LabPage(context.new_page(), *lab)
    page.page.set_default_timeout(TIMEOUT)
    theme = "JupyterLab Dark" if dark else "JupyterLab Light"
    page.open_app(workspace, f"{workspace.parent.name}_{theme[11:]}", theme=theme)
    return page


def in_voila(stack, browser, workspace, *, dark=False):
    """Show the forms of a workspace as a page, served until the stack is closed."""
    address = stack.enter_context(running_page(workspace, "--theme", "dark" if dark else "light"))
    context = stack.enter_context(browser.new_context(viewport=VIEW))
    page = VoilaPage(context.new_page(), address)
    page.page.set_default_timeout(TIMEOUT)
    page.open()
    return page
