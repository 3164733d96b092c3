"""How long tests wait for what has to come: far longer than it takes, for machines are busy."""

PATIENCE = 180.0
"""Seconds. Whoever waits is told at once when it has come; only a failure takes so long."""
_COLUMNS = """([selector, count]) => {
  const parts = [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  return new Set(parts.map((each) => Math.round(each.getBoundingClientRect().left))).size === count;
}"""


def wait_for_columns(page, selector, count):
    """Wait until parts stand in so many columns: tabs follow the width of a page a moment later."""
    page.wait_for_function(_COLUMNS, arg=[selector, count])
