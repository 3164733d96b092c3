"""Work in the forms with the keyboard alone."""

from playwright.sync_api import expect

NAME = """() => {
  const e = document.activeElement;
  return e.ariaLabel || (e.labels?.length ? e.labels[0].textContent : "") || e.textContent || "";
}"""


def tab_to(page, name, presses=150):
    """Press Tab until the control of this name has the focus."""
    control = page.form.get_by_label(name).or_(page.form.get_by_role("button", name=name))
    expect(control.filter(visible=True).first).to_be_enabled()
    press_to(page.page, name, presses)


def press_to(page, name, presses=150):
    """Press Tab until what begins with these words has the focus."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).strip().startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")


class ByKeyboard:
    """A page whose controls are reached and worked with keys only."""

    def __init__(self, page):
        self.page, self._shown = page.page, page
        self._keys = page.page.keyboard
        page.page.get_by_role("tab").first.focus()  # where Tab leads to from the page's top

    def sees(self, text):
        self._shown.sees(text)

    def fill(self, label, value):
        tab_to(self, label)
        self._keys.press("Control+a")
        self._keys.insert_text(str(value))
        self._keys.press("Tab")  # some fields count once they are left
        self._keys.press("Shift+Tab")

    @property
    def form(self):
        return self._shown.form

    def click(self, label):
        tab_to(self, label)
        self._keys.press("Enter")

    def tab(self, name):
        for _ in range(150):
            if self.page.evaluate("document.activeElement.getAttribute('role')") == "tab":
                break
            self._keys.press("Shift+Tab")
        for _ in range(5):
            if name in self.page.evaluate(NAME):
                break
            self._keys.press("ArrowRight")
        self._keys.press("Enter")
        self.page.get_by_role("tab", name=name, selected=True).wait_for()

    def choose_row(self, name):
        press_to(self.page, name)
        self._keys.press("Enter")
