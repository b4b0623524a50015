"""What the conversations share: checks, ccxt pointed at a simulator on loopback, and a list of what was found wrong."""

import socket
import time


class Checks:
    """Counts what holds and keeps what does not, so that one run tells everything."""

    def __init__(self):
        self.count = 0
        self.failures = []
        self.began = time.monotonic()

    def that(self, words, holds, *details):
        self.count += 1
        if not holds:
            self.failures.append(f'{words}: {", ".join(repr(detail)[:400] for detail in details)}')

    def equal(self, words, found, expected):
        self.that(words, found == expected, found, expected)

    def near(self, words, found, expected, within=1e-8):
        self.that(words, found is not None and abs(found - expected) <= within, found, expected)

    def refused(self, words, error, code, call):
        """`call` must raise `error` with the venue's code in its text."""
        try:
            self.that(words, False, call())
        except error as refusal:
            self.that(words, f'"code":{code}' in str(refusal), str(refusal))

    def finish(self, name):
        for failure in self.failures:
            print(failure)
        print(f'{name}: {self.count} checks, {len(self.failures)} failed, {time.monotonic() - self.began:.1f} s')
        return 1 if self.failures else 0


def wait_for(port, seconds=120):
    """Waits until the simulator listens: it makes the market's past first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f'nobody listens on port {port}')


def connect(kind, port, key='paper-key', secret='paper-secret'):
    """An exchange of ccxt that talks to the simulator: its addresses changed, and nothing else."""
    rest, stream = f'http://127.0.0.1:{port}', f'ws://127.0.0.1:{port}'
    # Currencies come from a spot route that a futures venue does not have.
    exchange = kind({'apiKey': key, 'secret': secret, 'enableRateLimit': False, 'options': {'fetchCurrencies': False}})
    for name, url in exchange.urls['api'].items():
        if isinstance(url, str):
            exchange.urls['api'][name] = url.replace('https://fapi.binance.com', rest)
    if isinstance(exchange.urls['api'].get('ws'), dict):
        exchange.urls['api']['ws']['linear'] = stream + '/ws'
        exchange.urls['api']['ws']['ws-api']['linear'] = stream + '/ws-fapi/v1'
    # ccxt chooses its table of error codes by the address.
    exchange.exceptions['exact'].update(exchange.exceptions['linear']['exact'])
    return exchange
