"""ccxt.pro watches a running simulator and trades over its WebSocket API: `ccxt_streams.py <port>`."""

import asyncio
import sys

import ccxt.pro
from conversation import Checks, connect, wait_for

SYMBOL = 'BTC/USDT:USDT'
SECONDS = 60


class StreamConversation:
    def __init__(self, port):
        self.venue = connect(ccxt.pro.binanceusdm, port)
        self.check = Checks()

    async def soon(self, waiting):
        return await asyncio.wait_for(waiting, SECONDS)

    async def until(self, watch, is_it):
        """Watches until a value has what is wanted."""
        async def loop():
            while True:
                value = await watch()
                if is_it(value):
                    return value
        return await self.soon(loop())

    # The market

    async def books(self):
        check, venue = self.check, self.venue
        for _ in range(15):
            book = await self.soon(venue.watch_order_book(SYMBOL, 20))
            bids, asks = [b[0] for b in book['bids']], [a[0] for a in book['asks']]
            check.that('a local book stays in order', bids == sorted(bids)[::-1] and asks == sorted(asks) and bids[0] < asks[0], bids[:3], asks[:3])
        near = await venue.fetch_order_book(SYMBOL, 5)
        book = await self.soon(venue.watch_order_book(SYMBOL, 20))
        check.that('it is where the venue\'s is', abs(book['bids'][0][0] / near['bids'][0][0] - 1) < 0.001, book['bids'][:2], near['bids'])

    async def tape(self):
        check, venue = self.check, self.venue
        for name in ('trade', 'aggTrade'):
            trades = await self.soon(venue.watch_trades(SYMBOL, params={'name': name}))
            check.that(f'trades of {name}', all(t['price'] > 0 and t['amount'] > 0 and t['side'] in ('buy', 'sell') for t in trades), trades[:1])
        candles = await self.until(lambda: venue.watch_ohlcv(SYMBOL, '1m'), lambda rows: rows[-1][5] > 0)
        check.that('a candle in the making', candles[-1][3] <= candles[-1][4] <= candles[-1][2], candles[-1])

    async def tickers(self):
        check, venue = self.check, self.venue
        ticker = await self.soon(venue.watch_ticker(SYMBOL))
        there = await venue.fetch_ticker(SYMBOL)
        check.that('a ticker as REST tells it', abs(ticker['last'] / there['last'] - 1) < 0.005 and abs(ticker['high'] / there['high'] - 1) < 0.005 and abs(ticker['open'] / there['open'] - 1) < 0.005, ticker, there)
        check.near('its change', ticker['change'], ticker['last'] - ticker['open'], 0.1001)
        some = await self.soon(venue.watch_tickers([SYMBOL]))
        check.that('small tickers', abs(some[SYMBOL]['last'] / there['last'] - 1) < 0.005, some)
        everything = await self.soon(venue.watch_tickers())
        check.that('tickers of all', SYMBOL in everything, list(everything))
        best = await self.soon(venue.watch_bids_asks([SYMBOL]))
        check.that('best prices', best[SYMBOL]['bid'] < best[SYMBOL]['ask'], best)
        mark = await self.soon(venue.watch_mark_price(SYMBOL))
        check.that('mark price', abs(mark['markPrice'] / there['last'] - 1) < 0.01, mark)
        marks = await self.soon(venue.watch_mark_prices())
        check.that('mark prices of all', SYMBOL in marks, list(marks))

    # The account

    async def account(self):
        """One market order, seen by four watchers; then a limit order's life."""
        check, venue = self.check, self.venue
        await venue.set_leverage(10, SYMBOL)
        before = float((await venue.fetch_balance())['info']['totalWalletBalance'])
        watchers = [asyncio.ensure_future(self.soon(w)) for w in (
            self.until(lambda: venue.watch_orders(SYMBOL), lambda orders: orders[-1]['status'] == 'closed'),
            self.until(lambda: venue.watch_my_trades(SYMBOL), lambda trades: sum(t['amount'] for t in trades) >= 0.02 - 1e-9),
            self.until(lambda: venue.watch_positions([SYMBOL]), lambda positions: any(p['contracts'] == 0.02 for p in positions)),
            self.until(lambda: venue.watch_balance(), lambda balance: balance['USDT']['total'] < before))]
        await self.soon(self.listening(len(watchers)))
        order = await venue.create_order(SYMBOL, 'market', 'buy', 0.02)
        orders, trades, positions, balance = await asyncio.gather(*watchers)
        told = orders[-1]
        check.equal('the order', (told['id'], told['filled'], told['side'], told['type']), (order['id'], 0.02, 'buy', 'market'))
        cost, fee = sum(t['cost'] for t in trades), sum(t['fee']['cost'] for t in trades)
        check.near('its average is that of the fills', told['average'], cost / 0.02, 0.01)
        check.near('the fee', fee, cost * 0.0005, 1e-6)
        position = [p for p in positions if p['contracts'] == 0.02][0]
        check.equal('the position', (position['side'], position['marginMode']), ('long', 'cross'))
        check.near('its entry price', position['entryPrice'], told['average'], 0.01)
        check.near('the balance', balance['USDT']['total'], before - fee, 1e-6)
        rest = await venue.fetch_my_trades(SYMBOL, params={'orderId': order['id']})
        check.equal('REST tells the same fills', sorted(t['id'] for t in rest), sorted(t['id'] for t in trades))
        await self.life()

    async def listening(self, count):
        """Waits until the account's stream stands and `count` watchers wait for its next words."""
        while not any(client.connected.done() and len(client.futures) >= count for client in self.venue.clients.values()):
            await asyncio.sleep(0.05)

    async def life(self):
        check, venue = self.check, self.venue
        bid = (await venue.fetch_order_book(SYMBOL, 5))['bids'][0][0]
        price = round(bid * 0.98, 1)
        seen = []

        async def watch():
            while not seen or seen[-1][0] != 'canceled':
                for told in await venue.watch_orders(SYMBOL):
                    if told['type'] == 'limit' and (not seen or seen[-1] != (told['status'], told['amount'])):
                        seen.append((told['status'], told['amount']))

        watcher = asyncio.ensure_future(watch())
        order = await venue.create_order(SYMBOL, 'limit', 'buy', 0.01, price)
        await venue.edit_order(order['id'], SYMBOL, 'limit', 'buy', 0.02, price)
        await venue.cancel_order(order['id'], SYMBOL)
        await self.soon(watcher)
        check.equal('placed, changed, cancelled', seen, [('open', 0.01), ('open', 0.02), ('canceled', 0.02)])

    async def trading(self):
        """Orders over the WebSocket API."""
        check, venue = self.check, self.venue
        bid = (await venue.fetch_order_book(SYMBOL, 5))['bids'][0][0]
        price = round(bid * 0.98, 1)
        order = await self.soon(venue.create_order_ws(SYMBOL, 'limit', 'buy', 0.01, price))
        check.equal('placed', (order['status'], order['price'], order['amount']), ('open', price, 0.01))
        found = await self.soon(venue.fetch_order_ws(order['id'], SYMBOL))
        check.equal('found', (found['id'], found['status']), (order['id'], 'open'))
        edited = await self.soon(venue.edit_order_ws(order['id'], SYMBOL, 'limit', 'buy', 0.02, price))
        check.equal('changed', (edited['id'], edited['amount']), (order['id'], 0.02))
        gone = await self.soon(venue.cancel_order_ws(order['id'], SYMBOL))
        check.equal('cancelled', (gone['id'], gone['status']), (order['id'], 'canceled'))
        closing = await self.soon(venue.create_order_ws(SYMBOL, 'market', 'sell', 0.02, None, {'reduceOnly': True}))
        full = await venue.fetch_order(closing['id'], SYMBOL)
        check.equal('filled', (full['status'], full['filled']), ('closed', 0.02))
        balance = await self.soon(venue.fetch_balance_ws())
        rest = await venue.fetch_balance()
        check.near('balance', balance['USDT']['total'], float(rest['info']['totalWalletBalance']), 1e-6)
        positions = await self.soon(venue.fetch_positions_ws([SYMBOL]))
        check.that('flat', all(not p['contracts'] for p in positions), positions)
        book = await self.soon(venue.fetch_order_book_ws(SYMBOL, 5))
        check.that('a book', len(book['bids']) == 5 and book['bids'][0][0] < book['asks'][0][0], book)
        ticker = await self.soon(venue.fetch_ticker_ws(SYMBOL))
        check.that('a price', abs(ticker['bid'] / bid - 1) < 0.005, ticker)
        try:
            await self.soon(venue.create_order_ws(SYMBOL, 'limit', 'buy', 0.01, round(bid * 1.5, 1)))
            check.that('beyond the price band', False)
        except ccxt.BaseError as refusal:
            check.that('beyond the price band', '-4016' in str(refusal), str(refusal))

    async def converse(self):
        steps = [self.venue.load_markets, self.books, self.tape, self.tickers, self.account, self.trading]
        try:
            for step in steps:
                try:
                    await step()
                except (ccxt.BaseError, asyncio.TimeoutError, KeyError, TypeError, ValueError, IndexError) as error:
                    self.check.that(f'{step.__name__} ends', False, type(error), str(error))
        finally:
            await self.venue.close()
        return self.check.finish('ccxt over WebSocket')


def main():
    port = int(sys.argv[1])
    wait_for(port)

    async def converse():
        return await StreamConversation(port).converse()
    return asyncio.run(converse())


if __name__ == '__main__':
    sys.exit(main())
