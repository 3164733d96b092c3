"""`neuroflow app` in a real browser: a page without code, on the embedded service."""

import pytest
from support.voila import VoilaPage, running_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def voila(browser, tmp_path):
    """Return a function that serves the page of a workspace and opens it."""
    opened = []

    def open_page(*options):
        server = running_page(tmp_path / "project", *options)
        address = server.__enter__()
        opened.append(server)
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        page = VoilaPage(context.new_page(), address)
        page.open()
        return page

    yield open_page
    for server in opened:
        server.__exit__(None, None, None)


def test_from_an_empty_workspace_to_a_tested_connection_and_back_after_a_reload(voila, service):
    page = voila()
    tabs = page.page.get_by_role("tab")
    names = [title.split()[2] for title in tabs.all_inner_texts()]
    assert names == ["Connect", "Cohort", "Submit", "Results", "Explore"]
    assert page.page.get_by_text("neuroflow.widgets").count() == 0
    assert page.page.locator(".jp-InputArea-editor:visible, .highlight:visible").count() == 0
    page.fill("Host", service.host)
    page.fill("Port", service.port)
    page.fill("User", service.user)
    page.fill("Private key", service.key)
    page.click("Test connection")
    page.sees(service.fingerprint)
    page.click("Yes, this is the fingerprint")
    page.sees("The service answers")
    assert page.elsewhere == []
    assert page.complaints == []
    page.screenshot("voila_light")
    # As it is left the page asks Voilà to end its kernel. That is refused: an upload goes on.
    with page.page.expect_response(lambda answer: "/voila/api/shutdown/" in answer.url) as answer:
        page.reload()
    assert answer.value.status == 403
    page.complaints.clear()
    page.tab("1 Connect")
    assert page.form.get_by_label("Host", exact=True).input_value() == service.host
    for name in names:
        page.tab(name)
        page.form.get_by_role("heading", name=name).first.wait_for()
    assert page.complaints == []


def test_the_dark_theme_is_dark(voila):
    page = voila("--theme", "dark")
    ground = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.form.evaluate("element => getComputedStyle(element).color")
    page.screenshot("voila_dark")
    assert page.page.title() == "neuroflow"
    assert brightness(ground) < 80 < 170 < brightness(ink)
    assert page.complaints == []


def brightness(color):
    """Return the mean of red, green and blue of ``rgb(...)``, from 0 to 255."""
    red, green, blue = (float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    return (red + green + blue) / 3
