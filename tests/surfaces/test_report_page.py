"""The page of a report, as a real browser shows it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report_journal import decided, granted, report, whole_day

from headgate.model.override import Scope
from headgate.store.memory import MemoryStore
from headgate.surfaces.report.page import page as written

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "</style></script><script>window.hit=1</script><img src=http://192.0.2.1/x onerror=hit=1>\"'&<b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium: that of the system, which CI installs."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium here; apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=60_000)
        yield started
        started.close()


class Shown:
    """A page that is open, with what it asked for and complained about."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.set_default_timeout(60_000)
        page.goto(path.as_uri())

    def text(self) -> str:
        return self.page.inner_text("main")


@pytest.fixture(params=["light", "dark"])
def shown(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shown]:
    store = MemoryStore()
    whole_day(store)
    store.append(granted(90, 4, Scope(everything=True), reason=f"the cluster is down {HOSTILE}"))
    store.append(decided(95, command=HOSTILE, workloads=("deploy",), machines=(HOSTILE,), session=HOSTILE))
    path = tmp_path / "report.html"
    path.write_text(written(report(store)))
    page = browser.new_page(color_scheme=request.param, viewport={"width": 1100, "height": 900})
    yield Shown(page, path)
    page.close()


def test_a_person_sees_the_title_and_the_numbers(shown: Shown) -> None:
    text = shown.text()

    assert "Headgate report, 2026-09-21 14:13 to 2026-09-22 14:13 UTC" == shown.page.title()
    for part in ("50.0 %", "all times are UTC", "OBSERVE: NOTHING WAS ENFORCED for 1 of 8 calls", "48 s", "override 3",
                 "the deploy of tonight", "kubectl apply -f app.yaml", "deny → allow"):  # fmt: skip
        assert part in text, part


def test_every_chart_is_drawn_and_says_what_it_shows(shown: Shown) -> None:
    charts = shown.page.locator("svg[role=img]")

    assert ["heavy", "calls", "held", "jobs"] == [
        figure.get_attribute("id") for figure in shown.page.locator("figure").all()
    ]
    for chart in charts.all():
        box = chart.bounding_box()
        assert box is not None
        assert (box["width"] > 400, box["height"] > 40) == (True, True), box
        bars = [bar.bounding_box() for bar in chart.locator("rect.bar").all()]
        assert bars
        assert all(bar is not None and bar["width"] > 0 and bar["height"] > 0 for bar in bars)
        assert chart.locator("title").first.text_content()
        assert chart.locator("desc").text_content()


def test_the_numbers_stand_behind_each_chart(shown: Shown) -> None:
    for figure in shown.page.locator("figure").all():
        table = figure.locator("table")
        assert not table.is_visible()
        figure.locator("summary").click()
        assert table.is_visible()
        assert table.locator("tbody tr").count() > 0


def test_nothing_is_asked_for_and_nothing_is_complained_about(shown: Shown) -> None:
    assert ([shown.page.url], []) == (shown.asked, shown.wrong)


def test_what_others_wrote_is_text_and_nothing_else(shown: Shown) -> None:
    assert HOSTILE in shown.text()
    assert None is shown.page.evaluate("() => window.hit ?? null")
    assert 0 == shown.page.locator("script, img, b").count()


def test_break_glass_and_observe_are_the_first_that_is_read(shown: Shown) -> None:
    loud = [one.inner_text() for one in shown.page.get_by_role("alert").all()]

    assert ["BREAK-GLASS: override 4", "OBSERVE: NOTHING WAS EN"] == [one[:23] for one in loud]


CONTRAST = """() => {
  const light = text => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3)
      .map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ratio = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  const plate = light(getComputedStyle(document.querySelector('svg')).backgroundColor);
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return {
    bars: [...document.querySelectorAll('rect')].map(e => ratio(light(getComputedStyle(e).fill), plate)),
    words: [...document.querySelectorAll('svg text')].map(e => ratio(light(getComputedStyle(e).fill), plate)),
    text: [...document.querySelectorAll('p, td, h2, figcaption')]
      .map(e => ratio(light(getComputedStyle(e).color), paper)),
  };
}"""


def test_it_can_be_read_in_light_and_in_dark(shown: Shown) -> None:
    """By the ratios of WCAG 2.2: 4.5 for text, 3 for what is drawn."""
    found = shown.page.evaluate(CONTRAST)

    assert (True, True, True) == (min(found["bars"]) >= 3, min(found["words"]) >= 4.5, min(found["text"]) >= 4.5), found


def test_a_narrow_screen_does_not_scroll_sideways(shown: Shown) -> None:
    shown.page.set_viewport_size({"width": 390, "height": 800})

    assert shown.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_a_period_without_anything_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text(written(report(MemoryStore(), 0, 10)))
    page = browser.new_page()
    shown = Shown(page, path)

    assert "There was none." in shown.text()
    assert ([page.url], [], 0) == (shown.asked, shown.wrong, page.locator("svg").count())
    page.close()
