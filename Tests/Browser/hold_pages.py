#!/usr/bin/env python3
"""Keeps as many pages of the dashboard open as are asked for, each a person of its own, until it is killed.

    hold_pages.py BASE_URL LOGINS COUNT      LOGINS: a file with a line `viewer PASSWORD`
"""

import sys
import time

from playwright.sync_api import sync_playwright

from dashboard import PAGES, Dashboard, launch


def main():
    base, logins, count = sys.argv[1:4]
    with open(logins) as lines:
        password = dict(line.split() for line in lines)["viewer"]
    with sync_playwright() as playwright:
        browser = launch(playwright)
        first = Dashboard(browser, base)
        first.log_in("viewer", password)
        first.page.wait_for_selector("nav")
        state = first.context.storage_state()
        open_pages = [first]
        for number in range(1, int(count)):
            board = Dashboard(browser, base, state=state)
            board.page.goto(f"{base}/#/{PAGES[number % len(PAGES)]}")
            open_pages.append(board)
        print(f"{len(open_pages)} pages are open", flush=True)
        while True:
            time.sleep(1)
            open_pages[0].page.title()


main()
