"""ccxt holds a position over a funding: `ccxt_funding.py <port>`. The venue's time starts a few seconds before 08:00 UTC."""

import sys
import time

import ccxt
from conversation import Checks, connect, wait_for

SYMBOL = 'BTC/USDT:USDT'


def main():
    port = int(sys.argv[1])
    wait_for(port)
    check = Checks()
    venue = connect(ccxt.binanceusdm, port)
    venue.load_time_difference()
    venue.load_markets()
    due = venue.fetch_funding_rate(SYMBOL)['fundingTimestamp']
    order = venue.create_order(SYMBOL, 'market', 'buy', 0.05)
    fills = venue.fetch_my_trades(SYMBOL, params={'orderId': order['id']})
    fee = sum(t['fee']['cost'] for t in fills)
    end = time.monotonic() + 60
    paid = []
    while not paid and time.monotonic() < end:
        time.sleep(0.2)
        paid = venue.fetch_funding_history(SYMBOL)
    check.equal('paid once', len(paid), 1)
    rates = venue.fetch_funding_rate_history(SYMBOL)
    times = [r['timestamp'] for r in rates]
    check.equal('the rate of that time', times[-1], due)
    check.equal('a week of rates before it, each eight hours', times, [due - 8 * 3_600_000 * n for n in range(21, -1, -1)])
    check.near('paid at that time', paid[0]['timestamp'], due, 1000)
    mark = float(rates[-1]['info']['markPrice'])
    check.near('a long pays the rate of its value', paid[0]['amount'], -mark * 0.05 * rates[-1]['fundingRate'], 1e-6)
    check.near('out of its wallet', float(venue.fetch_balance()['info']['totalWalletBalance']), 5000 - fee + paid[0]['amount'], 1e-6)
    rate = venue.fetch_funding_rate(SYMBOL)
    check.equal('the next one in eight hours', rate['fundingTimestamp'], due + 8 * 3_600_000)
    venue.create_order(SYMBOL, 'market', 'sell', 0.05, None, {'reduceOnly': True})
    return check.finish('ccxt over a funding')


if __name__ == '__main__':
    sys.exit(main())
