"""The page of a reply link in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from networked import api, running
from playwright.sync_api import Browser, sync_playwright

from headgate.configure.webhook import Webhook
from headgate.model.approval import ApprovalState
from headgate.surfaces.network.links import Links

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "</pre><script>document.forms[0].submit()</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium: that of the system, which CI installs."""
    if CHROMIUM is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium here; apt-get install chromium")
    with sync_playwright() as playwright:
        words = ["--no-sandbox", "--no-proxy-server"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=words, timeout=60_000)
        yield started
        started.close()


@pytest.mark.parametrize(("button", "state"), [("Approve", "approved"), ("Refuse", "refused")])
def test_a_person_reads_the_question_and_answers_it(browser: Browser, tmp_path: Path, button: str, state: str) -> None:
    hook = Webhook("http://127.0.0.1:9/hook", "/nowhere", person="alice")
    with running(tmp_path, api=api()[0], webhook=hook) as gate:
        asked = gate.ask(what=f"ssh db1 'systemctl restart pg' {HOSTILE}\n" + "x" * 900)
        key = (gate.home.path / "link.key").read_bytes()
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.set_default_timeout(60_000)
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))

        page.goto(f"{gate.address}/a/{Links(key, gate.clock.now).token(asked, 'alice')}")

        assert gate.do(lambda: gate.approvals.get(asked.id)).state is ApprovalState.PENDING
        assert HOSTILE in page.inner_text("pre")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390  # nothing is beside the screen of a phone
        colours = [page.eval_on_selector(f"button.{name}", _COLOUR) for name in ("yes", "no")]
        assert colours == ["rgb(26, 107, 50)", "rgb(163, 32, 32)"]
        page.get_by_label("Reason").fill("seen & understood")
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()
        assert state in page.inner_text("h1")
        assert page.locator("form").count() == 0
        page.close()

        found = gate.do(lambda: gate.approvals.get(asked.id))
        assert (found.state.value, found.answers[0].reason) == (state, "seen & understood")
        assert [item for item in wrong if "favicon" not in item] == []


_COLOUR = "button => getComputedStyle(button).backgroundColor"
