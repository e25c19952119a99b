"""The documentation as a site keeps the rules of the product: axe finds nothing, each page says its language."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import launched, profile
from lxml import html
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("", "pharmacien/", "pharmacist/", "operator/", "integrator/", "auditor/", "reference/states/", "performance/")
WIDTHS = (1366, 390)
WRONG_ALONE = {"resultTypes": ["violations"]}  # every rule is run; what keeps to it is not written down node by node
EXSLT = {"re": "http://exslt.org/regular-expressions"}
CONTRAST = "color-contrast"
# Contrast takes most of axe's time, and a long page has thousands of texts in some dozens of looks: of those that look
# the same, each with the same around it, three are judged.
MARK_LOOKS = """() => {
  const looks = new Map(), times = new Map();
  const look = node => {
    if (!node) return '';
    if (!looks.has(node)) {
      const style = getComputedStyle(node);
      const own = [style.color, style.background, style.opacity, style.font, style.textShadow, style.filter];
      looks.set(node, own.join() + '/' + look(node.parentElement));
    }
    return looks.get(node);
  };
  for (const one of document.body.querySelectorAll('*')) {
    const says = [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!says || !one.checkVisibility({ visibilityProperty: true })) continue;
    times.set(look(one), (times.get(look(one)) || 0) + 1);
    if (times.get(look(one)) <= 3) one.setAttribute('data-judged', '');
  }
}"""
# The theme's own furniture, told in docs/accessibility.md: a search dialogue and navigation that it names twice.
OF_THE_THEME = {"aria-dialog-name", "landmark-unique", "region"}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None,
    reason="needs the extra [docs]",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        browser = launched(driver)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_breaks_no_rule_of_accessibility(site, browser, page, width):
    tab = profile(browser, viewport={"width": width, "height": 800}).new_page()
    tab.goto(f"file://{site}/{page}index.html")
    found = Axe().run(tab, options={**WRONG_ALONE, "rules": {CONTRAST: {"enabled": False}}}).response["violations"]
    tab.evaluate(MARK_LOOKS)
    found += Axe().run(tab, "[data-judged]", {**WRONG_ALONE, "runOnly": [CONTRAST]}).response["violations"]
    tab.context.close()

    told = {each["id"]: [node["html"][:120] for node in each["nodes"][:3]] for each in found}
    assert {name: nodes for name, nodes in told.items() if name not in OF_THE_THEME} == {}


@pytest.mark.parametrize(("page", "language"), [("pharmacien/", "fr"), ("pharmacist/", "en"), ("", "en")])
def test_a_page_says_its_language(site, page, language):
    assert f'<html lang="{language}"' in (site / page / "index.html").read_text(encoding="utf-8")


def test_every_page_leads_to_the_words(site):
    pages = [page for page in site.rglob("index.html") if page.parent.name != "glossary"]

    assert len(pages) > 80
    assert [str(page) for page in pages if "glossary/" not in page.read_text("utf-8").rpartition("<hr")[2]] == []


def test_every_page_is_one_outline_and_every_image_has_its_words(site):
    """axe looks at some pages; these rules need no browser (WCAG 1.1.1, 1.3.1, 2.4.6, 3.1.1)."""
    wrong = {}
    for path in site.rglob("index.html"):
        page = html.parse(path).getroot()
        levels = [
            int(heading.tag[1]) for heading in page.xpath("//article//*[re:test(name(), '^h[1-6]$')]", namespaces=EXSLT)
        ]
        steps = [after - before for before, after in pairwise(levels)]
        found = {
            "one first heading": levels[:1] == [1] and levels.count(1) == 1,
            "no level passed over": max(steps, default=0) <= 1,
            "words for images": not page.xpath("//img[not(@alt)]"),
            "a language": page.get("lang") in {"en", "fr"},
            "nothing from elsewhere": not page.xpath("//script[contains(@src, '//')] | //img[contains(@src, '//')]"),
        }
        wrong |= {str(path.relative_to(site)): rule for rule, holds in found.items() if not holds}

    assert wrong == {}


# The element that has the focus: whether a person sees it, and what it is called.
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const x = Math.min(box.left + box.width / 2, innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const isSeen = !!top && (one.contains(top) || top.contains(one)) && getComputedStyle(one).outlineStyle !== 'none';
  return [one === document.body || isSeen, one.title || one.textContent.trim()];
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_reaches_nothing_that_is_out_of_sight(site, browser, width):
    """The menu of a narrow window, which is that of 400 % of zoom too, is a drawer that a key opens and shuts."""
    tab = profile(browser, viewport={"width": width, "height": 800}, reduced_motion="reduce").new_page()
    tab.goto(f"file://{site}/accessibility/index.html")
    met = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        met.append(tab.evaluate(FOCUSED))
    if width == min(WIDTHS):
        tab.locator("label[title=Menu]").focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#__drawer").is_checked()
        at_the_counter = tab.locator(".md-sidebar--primary").get_by_role("link", name="At the counter")
        at_the_counter.wait_for()
        assert tab.locator(".md-content").evaluate("part => part.inert")
        tab.keyboard.press("Escape")
        at_the_counter.wait_for(state="hidden")
    tab.context.close()

    assert [name for is_seen, name in met if not is_seen] == []
    assert len({name for _, name in met}) > 5
