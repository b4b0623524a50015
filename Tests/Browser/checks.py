"""What must hold of the dashboard of a running suite. Each check takes the report, the browser, and whom to log in as."""

import time
from pathlib import Path

from dashboard import ANSWER_WITHIN_MS, DESKTOP, PAGES, PHONE, Dashboard

BYTES_MOST = 500_000
AUDIT = Path(__file__).with_name("audit.js").read_text()


def wrong_password(report, browser, base, people):
    dashboard = Dashboard(browser, base)
    with dashboard.tolerant():
        dashboard.log_in("viewer", "not the password")
        dashboard.page.wait_for_selector(".refusal:not(:empty)", timeout=ANSWER_WITHIN_MS)
    report.check("a wrong password is refused and told", dashboard.page.locator(".header").count() == 0, dashboard.text(".refusal"))
    dashboard.close()


def every_page(report, browser, base, people, screenshots):
    """Each page in both sizes and themes: no problem, nothing out of the window, readable."""
    for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        for theme in ("dark", "light"):
            dashboard = Dashboard(browser, base, size, theme)
            dashboard.page.goto(f"{base}/")
            dashboard.page.wait_for_selector("form.login-card")
            shoot(dashboard, screenshots, "login", size_name, theme)
            dashboard.enter("operator", people["operator"])
            addresses = PAGES + traces(dashboard)
            found = []
            for address in addresses:
                dashboard.open(address)
                found += [f"{address}: {problem}" for problem in dashboard.page.evaluate(AUDIT)]
                shoot(dashboard, screenshots, address.split("/")[0], size_name, theme)
            found += dashboard.problems
            report.check(f"{len(addresses)} pages, {size_name}, {theme}", not found, "; ".join(found[:8]))
            dashboard.close()


def choices(report, browser, base, people):
    """What can be chosen within pages, by its address."""
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    found = []
    for address in (
        "overview?by=week", "overview?by=month&days=7", "chart?timeframe=15m", "decisions?outcome=traded", "decisions?outcome=refused",
        "decisions?gate=score", "alerts?severity=CRITICAL", "fees?days=1", "trades?result=loss", "trades?from=2020-01-01&to=2020-01-02",
    ):
        dashboard.open(address)
        found += [f"{address}: {problem}" for problem in dashboard.page.evaluate(AUDIT)]
        if not dashboard.page.locator("main .page-body").inner_text().strip():
            found.append(f"{address} is empty")
    dashboard.page.evaluate("location.hash = '#/nowhere'")
    dashboard.page.wait_for_selector("main [role=alert]")
    found += dashboard.problems
    report.check("choices within pages", not found, "; ".join(found[:8]))
    dashboard.close()


def traces(dashboard):
    """The address of the newest decision."""
    dashboard.open("decisions")
    link = dashboard.page.locator("main a[href^='#/trace/']").first
    return [link.get_attribute("href").removeprefix("#/")] if link.count() else []


def shoot(dashboard, folder, name, size, theme):
    if folder:
        dashboard.page.wait_for_timeout(400)
        dashboard.page.screenshot(path=str(Path(folder) / f"{name}-{size}-{theme}.png"), full_page=True)


def load_time(report, browser, base, people):
    """From the start of the navigation to the first data, with an empty cache. The fastest of five: what else this machine does
    while it is measured is not the dashboard's."""
    entered = Dashboard(browser, base).enter("viewer", people["viewer"])
    state = entered.context.storage_state()
    for address, drawn in (("overview", ".header-figures dd, main canvas"), ("chart", "main canvas"), ("positions", "main .card"), ("trades", "main table, main .empty-text")):
        took = []
        for _ in range(5):
            dashboard = Dashboard(browser, base, state=state)
            dashboard.page.goto(f"{base}/#/{address}", wait_until="commit")
            dashboard.page.wait_for_function(
                "drawn => document.querySelector('main[aria-busy=false]') && document.querySelector(drawn) && document.querySelector('.connection-live')",
                arg=drawn, polling="raf")
            took.append(dashboard.page.evaluate("performance.now()"))
            dashboard.close()
        words = ", ".join(f"{time:.0f}" for time in sorted(took))
        # How long it takes is the machine's affair too: it is told, not judged.
        report.note(f"{address} is ready after {words} ms")
    entered.close()


def bytes_loaded(report, browser, base, people):
    """Every page's files once, over the wire."""
    dashboard = Dashboard(browser, base)
    devtools = dashboard.context.new_cdp_session(dashboard.page)
    devtools.send("Network.enable")
    files, sizes = {}, {}
    devtools.on("Network.responseReceived", lambda event: files.update({event["requestId"]: event["response"]["url"]}))
    devtools.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    dashboard.enter("viewer", people["viewer"])
    for page in PAGES:
        dashboard.open(page)
    own = {url: 0 for url in files.values() if "/api/" not in url}
    for request, size in sizes.items():
        if files.get(request) in own:
            own[files[request]] += size
    report.check(f"all files together are at most {BYTES_MOST} bytes", sum(own.values()) <= BYTES_MOST, f"{sum(own.values())} bytes in {len(own)} files")
    dashboard.close()


def live_values(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    for address, selector in (("signals", "main .quote"), ("chart", "main .quote")):
        dashboard.open(address)
        before = dashboard.text(f"{selector} >> nth=0")
        dashboard.page.wait_for_function(
            "([selector, before]) => document.querySelector(selector).innerText !== before", arg=[selector, before], timeout=ANSWER_WITHIN_MS)
        report.check(f"values of {address} change by themselves", True)
    dashboard.close()


def viewer_has_no_buttons(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    found = []
    for address in ("overview", "positions", "risk"):
        dashboard.open(address)
        found += [text for text in dashboard.page.locator("button").all_inner_texts() if text.split("…")[0] in ("Halt", "Resume", "Stop", "Start", "Close", "Close all")]
    report.check("a viewer sees no operator's button", not found, ", ".join(found))
    with dashboard.tolerant():
        status = dashboard.page.evaluate(
            """async () => {
                const { csrf } = await (await fetch("/api/v1/session")).json();
                const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
                return (await fetch("/api/v1/commands", { method: "POST", headers, body: JSON.stringify({ name: "halt", confirm: "halt" }) })).status;
            }""")
    report.check("and is refused when asking without one", status == 403, f"status {status}")
    dashboard.close()


def halt_and_resume(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("operator", people["operator"])
    if dashboard.page.locator(".header .halt").inner_text() == "Resume":
        carry_out(dashboard, ".header .halt")
        dashboard.page.wait_for_selector(".header .halt:text('Halt')", timeout=ANSWER_WITHIN_MS)
    dashboard.page.click(".header .halt")
    question = dashboard.text("#dialog")
    report.check("a halt is asked back", "until a person resumes" in question and dashboard.page.locator("#dialog .answer").count() == 0)
    dashboard.page.keyboard.press("Escape")
    report.check("Escape takes it back", not dashboard.page.locator("#dialog").is_visible() and dashboard.text(".header .halt") == "Halt")
    try:
        answer = carry_out(dashboard, ".header .halt")
        report.check("its answer is shown", "Done" in answer, answer)
        dashboard.page.wait_for_selector(".entries-halted", timeout=ANSWER_WITHIN_MS)
        report.check("the header shows the halt", True, dashboard.text(".entries"))
        dashboard.open("risk")
        report.check("the risk page shows it", "halted" in dashboard.text("main"))
    finally:
        answer = carry_out(dashboard, ".header .halt")
        dashboard.page.wait_for_selector(".header .halt:text('Halt')", timeout=ANSWER_WITHIN_MS)
        report.check("resume ends it", "Done" in answer and dashboard.page.locator(".entries-halted").count() == 0, answer)
    report.check("no problem meanwhile", not dashboard.problems, "; ".join(dashboard.problems[:4]))
    dashboard.close()


def carry_out(dashboard, button):
    dashboard.page.click(button)
    dashboard.page.click("#dialog button[type=submit]")
    dashboard.page.wait_for_selector("#dialog .answer", timeout=ANSWER_WITHIN_MS)
    answer = dashboard.text("#dialog .answer")
    dashboard.page.click("#dialog button[type=submit]")
    return answer


def close_all_is_typed(report, browser, base, people):
    """Never sent here: only that it can't be sent by a slip."""
    dashboard = Dashboard(browser, base).enter("operator", people["operator"])
    dashboard.open("risk")
    dashboard.page.click("main button:text('Close all')")
    go = dashboard.page.locator("#dialog button[type=submit]")
    is_locked = go.is_disabled()
    dashboard.page.fill("#dialog input", "close_al")
    is_locked = is_locked and go.is_disabled()
    dashboard.page.fill("#dialog input", "close_all")
    report.check("close_all can be sent only when it is typed", is_locked and go.is_enabled())
    dashboard.page.click("#dialog button:text('Cancel')")
    dashboard.close()


def trades_and_traces(report, browser, base, people, patience):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    dashboard.open("trades")
    rows = dashboard.page.locator("main tbody tr")
    report.note(f"waiting for a trade, {patience} s at most")
    end = time.monotonic() + patience
    while not rows.count() and time.monotonic() < end:
        dashboard.page.wait_for_timeout(1_000)
    if not report.check("a trade has ended", rows.count() > 0):
        return dashboard.close()
    side = "LONG" if "LONG" in rows.first.inner_text() else "SHORT"
    other = "SHORT" if side == "LONG" else "LONG"
    dashboard.page.select_option("select[name=side]", side)
    dashboard.page.wait_for_selector(f".csv[href*='side={side}']")
    dashboard.settle()
    texts = rows.all_inner_texts()
    report.check("a filter leaves what it names", texts and all(side in text and other not in text for text in texts), f"{len(texts)} rows {side}")
    table = dashboard.page.evaluate("async () => (await fetch(document.querySelector('.csv').href)).text()")
    lines = [line for line in table.splitlines() if line]
    report.check("the CSV has the same filter", len(lines) > 1 and all(side in line for line in lines[1:]), f"{len(lines) - 1} lines")
    rows.first.click(position={"x": 300, "y": 8})
    dashboard.page.wait_for_function("location.hash.startsWith('#/trace/')")
    dashboard.settle()
    text = dashboard.text("main")
    missing = [part for part in ("1 · Signals", "2 · Decision", "3 · Plan", "4 · Executions", "5 · Result", "Stream entries") if part.lower() not in text.lower()]
    report.check("a row leads to its trace", not missing, ", ".join(missing))
    dashboard.page.go_back()
    dashboard.settle()
    report.check("back leads to the filtered table", f"side={side}" in dashboard.page.url)
    report.check("no problem meanwhile", not dashboard.problems, "; ".join(dashboard.problems[:4]))
    dashboard.close()


def theme(report, browser, base, people):
    dashboard = Dashboard(browser, base, theme="dark").enter("viewer", people["viewer"])
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = dashboard.page.evaluate(ground)
    dashboard.page.click("button[aria-label='Light or dark']")
    light = dashboard.page.evaluate(ground)
    dashboard.page.reload()
    dashboard.settle()
    report.check("the theme changes and is kept", dark != light and dashboard.page.evaluate(ground) == light, f"{dark} → {light}")
    report.check("no problem meanwhile", not dashboard.problems, "; ".join(dashboard.problems[:4]))
    dashboard.close()


def keyboard(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    dashboard.page.evaluate("document.activeElement.blur()")
    dashboard.page.keyboard.press("Tab")
    first = dashboard.page.evaluate("document.activeElement.innerText")
    dashboard.page.keyboard.press("Enter")
    report.check("the first Tab skips to the content", first == "Skip to content" and dashboard.page.evaluate("document.activeElement.id") == "main", first)
    dashboard.page.focus(".nav-link[href='#/kpi']")
    outline = dashboard.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    dashboard.page.keyboard.press("Enter")
    dashboard.page.wait_for_selector(".page-kpi")
    report.check("links work by keyboard, and focus is seen", outline != "none", f"outline {outline}")
    dashboard.close()


def lost_connection(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    dashboard.open("signals")
    with dashboard.tolerant():
        dashboard.context.set_offline(True)
        dashboard.page.wait_for_selector(".header.stale", timeout=ANSWER_WITHIN_MS)
        shown = dashboard.text(".connection")
        report.check("without a connection all is shown as old", "No data for" in shown and dashboard.page.locator("main .live.stale").count() > 0, shown)
        dashboard.context.set_offline(False)
        dashboard.page.wait_for_selector(".header:not(.stale) .connection-live", timeout=ANSWER_WITHIN_MS)
    report.check("it comes back by itself", dashboard.page.locator("main .live.stale").count() == 0)
    dashboard.close()


def history_that_is_away(report, browser, base, people):
    """As when PostgreSQL is down: what is live must be seen all the same."""
    dashboard = Dashboard(browser, base).enter("operator", people["operator"])
    words = "the history can't be read"
    answer = {"error": {"code": "unavailable", "message": words}}
    with dashboard.tolerant():
        for path in ("performance", "trades", "alerts", "regime", "system", "decisions"):
            dashboard.page.route(f"**/api/v1/{path}?*", lambda route: route.fulfill(status=503, json=answer))
            dashboard.page.route(f"**/api/v1/{path}", lambda route: route.fulfill(status=503, json=answer))
        missing = []
        for address, live in (("overview", "Open positions"), ("risk", "Controls"), ("regime", "ADX"), ("system", "data-hub"), ("decisions", "Gate funnel")):
            dashboard.open(address)
            text = dashboard.text("main")
            missing += [f"{address}: {part}" for part in (words, live) if part not in text]
    report.check("without a history live values stay, and the pages say why", not missing, ", ".join(missing))
    dashboard.close()


def session_that_ends(report, browser, base, people):
    dashboard = Dashboard(browser, base).enter("viewer", people["viewer"])
    dashboard.open("alerts")
    with dashboard.tolerant():
        dashboard.context.clear_cookies()
        dashboard.page.wait_for_selector("form.login-card", timeout=ANSWER_WITHIN_MS)
        dashboard.page.fill("input[name=password]", people["viewer"])
        dashboard.page.click("button[type=submit]")
        dashboard.page.wait_for_selector(".page-alerts", timeout=ANSWER_WITHIN_MS)
    report.check("a session that ends asks for the password and goes on where one was", dashboard.page.url.endswith("#/alerts"))
    dashboard.settle()
    dashboard.page.click("button[aria-label^='Log out']")
    dashboard.page.wait_for_selector("form.login-card", timeout=ANSWER_WITHIN_MS)
    status = dashboard.page.evaluate("async () => (await fetch('/api/v1/session')).status")
    report.check("after logging out nobody is logged in", status == 401, f"status {status}")
    dashboard.close()
