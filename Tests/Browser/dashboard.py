"""A dashboard in a real Chromium: sessions, pages, and everything that goes wrong in them."""

import os
import shutil
from contextlib import contextmanager

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Only to end a run that hangs.
ANSWER_WITHIN_MS = 120_000

PAGES = [
    "overview", "positions", "signals", "decisions", "chart", "risk", "alerts",
    "trades", "kpi", "accuracy", "fees", "regime", "learner", "system",
]


def launch(playwright):
    """Chromium as the system has it; nothing is downloaded."""
    if not CHROMIUM:
        raise SystemExit("Chromium is not installed (Debian: apt install chromium); or name it in CHROMIUM")
    # Chromium's sandbox refuses root, as who containers and this project's tests often run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


class Dashboard:
    """One browser window with its own cookies and storage."""

    def __init__(self, browser, base, size=None, theme="dark", state=None):
        self.base = base
        self.problems = []
        self._is_tolerant = False
        is_phone = size == PHONE
        self.context = browser.new_context(
            viewport=size or DESKTOP, color_scheme=theme, storage_state=state, has_touch=is_phone, is_mobile=is_phone)
        self.page = self.context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._note(f"error in the page: {error}"))
        self.page.on("requestfailed", self._on_failure)
        self.page.on("response", self._on_response)

    def close(self):
        self.context.close()

    @contextmanager
    def tolerant(self):
        """What is provoked on purpose is no problem."""
        self._is_tolerant = True
        try:
            yield
        finally:
            self.page.wait_for_timeout(300)
            self._is_tolerant = False

    def log_in(self, user, password):
        self.page.goto(f"{self.base}/")
        self.page.wait_for_selector("form.login-card")
        self.page.get_by_text(user.capitalize(), exact=True).click()
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")

    def enter(self, user, password):
        self.log_in(user, password)
        self.page.wait_for_selector(".header", timeout=ANSWER_WITHIN_MS)
        self.settle()
        return self

    def open(self, address):
        """Another page by its address, until its data are there."""
        self.settle()
        self.page.evaluate("address => { location.hash = address }", f"#/{address}")
        self.page.wait_for_function("address => location.hash === address", arg=f"#/{address}")
        self.settle()

    def settle(self):
        """Until the page has its data, the header its first live frame, and no request is under way."""
        self.page.wait_for_timeout(50)
        self.page.wait_for_selector("main[aria-busy=false] .page-body", timeout=ANSWER_WITHIN_MS)
        self.page.wait_for_selector(".connection-live", timeout=ANSWER_WITHIN_MS)
        self.page.wait_for_load_state("networkidle")

    def text(self, selector):
        return self.page.inner_text(selector)

    def _note(self, problem):
        if not self._is_tolerant:
            self.problems.append(problem)

    def _on_console(self, message):
        # The first question of every visit is who is logged in, and the answer of a stranger is 401.
        asks_who = message.location.get("url", "").endswith("/api/v1/session") and "401" in message.text
        if message.type == "error" and not asks_who:
            self._note(f"console: {message.text}")

    def _on_failure(self, request):
        # A page that is left takes its questions back.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._note(f"request failed: {request.url}: {request.failure}")

    def _on_response(self, response):
        if response.status >= 400 and not response.url.endswith("/api/v1/session"):
            self._note(f"{response.status} for {response.url}")
