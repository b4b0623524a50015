#!/usr/bin/env python3
"""Looks at the dashboard of a running paper suite with a real Chromium, and says of each check whether it holds.

    python3 -m venv .build/browser && .build/browser/bin/pip install -r Tests/Browser/requirements.txt
    .build/browser/bin/python Tests/Browser/check_pages.py http://127.0.0.1:8080 --passwords FILE [--screenshots FOLDER]

FILE has a line `viewer PASSWORD` and a line `operator PASSWORD`. The operator halts entries for a moment and resumes them.
Ends with 1 when a check failed.
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

import checks
from dashboard import launch
from report import Report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", metavar="BASE_URL")
    parser.add_argument("--passwords", required=True, type=Path, metavar="FILE")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    parser.add_argument("--patience", type=int, default=300, metavar="SECONDS", help="how long to wait for the first trade (default 300)")
    parser.add_argument("--only", metavar="CHECK", help="only the check of this name")
    options = parser.parse_args()
    people = dict(line.split(maxsplit=1) for line in options.passwords.read_text().splitlines() if line.strip())
    people = {user: password.strip() for user, password in people.items()}
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    base = options.base.rstrip("/")

    report = Report()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        report.note(f"Chromium {browser.version}, {base}")
        for check, *more in (
            (checks.wrong_password,),
            (checks.load_time,),
            (checks.bytes_loaded,),
            (checks.live_values,),
            (checks.viewer_has_no_buttons,),
            (checks.halt_and_resume,),
            (checks.close_all_is_typed,),
            (checks.theme,),
            (checks.keyboard,),
            (checks.lost_connection,),
            (checks.history_that_is_away,),
            (checks.session_that_ends,),
            (checks.trades_and_traces, options.patience),
            (checks.choices,),
            (checks.every_page, options.screenshots),
        ):
            if options.only in (None, check.__name__):
                report.run(check, browser, base, people, *more)
        browser.close()
    report.finish()


if __name__ == "__main__":
    main()
