"""Whether a form can be read and heard: contrast of every text, and the rules of axe-core."""

import json
from functools import cache
from pathlib import Path

from support.lab import CONTRAST

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
READABLE = 4.5
"""The least contrast of text by WCAG 2.2, success criterion 1.4.3."""
RUN = """async ([selector, levels]) => {
  const found = await axe.run(selector, {
    runOnly: { type: "tag", values: levels }, resultTypes: ["violations"],
  });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id,
    html: node.html.slice(0, 200),
    why: node.any.concat(node.all, node.none).map((check) => check.message).join("; "),
  })));
}"""
TEXTS = f"""(selector) => {{
  const contrast = {CONTRAST};
  const off = ":disabled, .disabled, [aria-disabled=true], style, option";
  const filled = "input:not([type=checkbox]), select, textarea";
  const own = (e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("");
  const words = (e) => e.matches(filled) ? e.value : own(e);
  return [...document.querySelectorAll(`${{selector}} *`)]
    .filter((e) => e.checkVisibility({{ visibilityProperty: true }}) && !e.closest(off))
    .map((e) => [words(e), e])
    .filter(([text]) => text.trim())
    .map(([text, e]) => [text.slice(0, 60), contrast(e)]);
}}"""


@cache
def _axe():
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def broken_rules(page, selector=".nf-form"):
    """Return what breaks WCAG 2.2 AA, as far as axe-core can tell, one line each."""
    page.evaluate(_axe())
    found = page.evaluate(RUN, [selector, LEVELS])
    return [f"{each['rule']}: {each['why']} {json.dumps(each['html'])}" for each in found]


def contrasts(page, selector=".nf-form"):
    """Return the contrast of every text that is on the page and not switched off."""
    return [tuple(each) for each in page.evaluate(TEXTS, selector)]


GROUND = """(selector) => {
  for (let e = document.querySelector(selector); e; e = e.parentElement) {
    const [red, green, blue, alpha] = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g);
    if (alpha !== "0") return (Number(red) + Number(green) + Number(blue)) / 3;
  }
  return 255;
}"""


def is_dark(page, selector=".nf-form"):
    """Tell whether what is behind the forms is dark."""
    return page.evaluate(GROUND, selector) < 80
