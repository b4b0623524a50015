"""ccxt trades by REST against a running simulator: `ccxt_rest.py <port>`. Each answer is checked against what must follow."""

import sys
import time

import ccxt
from conversation import Checks, connect, wait_for

SYMBOL = 'BTC/USDT:USDT'
TAKER, MAKER = 0.0005, 0.0002
STOPS = {'trigger': True}


class RestConversation:
    def __init__(self, port):
        self.venue = connect(ccxt.binanceusdm, port)
        self.check = Checks()

    def best(self):
        book = self.venue.fetch_order_book(SYMBOL, 5)
        return book['bids'][0][0], book['asks'][0][0]

    def position(self):
        positions = self.venue.fetch_positions([SYMBOL])
        return positions[0] if positions else None

    def held(self):
        position = self.position()
        if position is None:
            return 0.0
        return position['contracts'] * (1 if position['side'] == 'long' else -1)

    def wallet(self):
        return float(self.venue.fetch_balance()['info']['totalWalletBalance'])

    def near_market(self, place):
        """Places an order by the best bid; the market may pass the price meanwhile, and then it is tried anew."""
        for _ in range(50):
            try:
                return place(self.best()[0])
            except ccxt.ExchangeError as refusal:
                if '"code":-2021' not in str(refusal) and '"code":-5022' not in str(refusal):
                    raise
        raise ValueError('the market runs away')

    # What everybody sees

    def markets(self):
        check, venue = self.check, self.venue
        markets = venue.load_markets()
        market = markets[SYMBOL]
        check.equal('a perpetual swap in USDT', (market['type'], market['linear'], market['settle']), ('swap', True, 'USDT'))
        check.equal('tick and step', (market['precision']['price'], market['precision']['amount']), (0.1, 0.001))
        check.equal('least notional', market['limits']['cost']['min'], 100.0)
        check.near('the clocks agree', venue.fetch_time(), time.time() * 1000, 60_000)
        book = venue.fetch_order_book(SYMBOL, 20)
        bids, asks = [level[0] for level in book['bids']], [level[0] for level in book['asks']]
        check.equal('twenty levels a side', (len(bids), len(asks)), (20, 20))
        check.that('bids fall, asks rise, and they do not cross', bids == sorted(bids)[::-1] and asks == sorted(asks) and bids[0] < asks[0], bids, asks)
        ticker = venue.fetch_ticker(SYMBOL)
        check.that('the last price lies in the day', ticker['low'] <= ticker['last'] <= ticker['high'], ticker)
        check.near('the change is the last price less the opening one', ticker['change'], ticker['last'] - ticker['open'], 0.1001)
        check.equal('all tickers', sorted(venue.fetch_tickers()), sorted(markets))
        best = venue.fetch_bids_asks([SYMBOL])[SYMBOL]
        check.that('the best prices are near the last one', abs(best['bid'] / ticker['last'] - 1) < 0.01 and best['bid'] < best['ask'], best)
        check.near('the last price of its own route', venue.fetch_last_prices([SYMBOL])[SYMBOL]['price'], ticker['last'], ticker['last'] * 0.01)

    def past(self):
        check, venue = self.check, self.venue
        candles = venue.fetch_ohlcv(SYMBOL, '1m', limit=120)
        check.equal('as many candles as asked for', len(candles), 120)
        check.that('a minute apart', all(b[0] - a[0] == 60_000 for a, b in zip(candles, candles[1:])))
        check.that('lows, highs', all(c[3] <= min(c[1], c[4]) <= max(c[1], c[4]) <= c[2] for c in candles))
        since = candles[30][0]
        check.equal('from a moment on', venue.fetch_ohlcv(SYMBOL, '1m', since=since, limit=5), candles[30:35])
        hour = venue.fetch_ohlcv(SYMBOL, '1h', limit=3)[1]
        minutes = venue.fetch_ohlcv(SYMBOL, '1m', since=hour[0], limit=60)
        check.equal('an hour is its minutes', (hour[2], hour[3], hour[4]), (max(c[2] for c in minutes), min(c[3] for c in minutes), minutes[-1][4]))
        for price in ('mark', 'index'):
            rows = venue.fetch_ohlcv(SYMBOL, '1m', limit=5, params={'price': price})
            check.that(f'{price} candles are near the trades', len(rows) == 5 and all(abs(row[4] / candles[-1][4] - 1) < 0.02 for row in rows), rows)
        premiums = venue.fetch_ohlcv(SYMBOL, '1m', limit=5, params={'price': 'premiumIndex'})
        check.that('the premium is small', premiums and all(abs(row[4]) < 0.01 for row in premiums), premiums)
        trades = venue.fetch_trades(SYMBOL, limit=20)
        check.that('trades in order with their cost', all(abs(t['cost'] - t['price'] * t['amount']) < 1e-6 for t in trades) and len(trades) > 0, trades[:1])
        check.equal('their times', [t['timestamp'] for t in trades], sorted(t['timestamp'] for t in trades))

    def funding(self):
        check, venue = self.check, self.venue
        rate = venue.fetch_funding_rate(SYMBOL)
        check.that('the next funding is within eight hours', 0 < rate['fundingTimestamp'] - rate['timestamp'] <= 8 * 3_600_000, rate)
        check.that('a rate within the cap', abs(rate['fundingRate']) < 0.02, rate)
        check.near('mark and index agree', rate['markPrice'] / rate['indexPrice'], 1, 0.01)
        check.equal('rates of all', sorted(venue.fetch_funding_rates()), sorted(venue.markets))
        check.that('past rates', isinstance(venue.fetch_funding_rate_history(SYMBOL), list))
        check.equal('no interval other than eight hours', venue.fetch_funding_intervals(), {})
        check.that('mark price', abs(venue.fetch_mark_price(SYMBOL)['markPrice'] / rate['markPrice'] - 1) < 0.01)
        check.that('open interest', venue.fetch_open_interest(SYMBOL)['openInterestAmount'] > 0)
        check.that('past open interest', all(row['openInterestAmount'] > 0 for row in venue.fetch_open_interest_history(SYMBOL, '5m', limit=10)))
        ratio = venue.fetch_long_short_ratio_history(SYMBOL, '5m', limit=5)
        check.that('long/short ratios', all(0.05 < row['longShortRatio'] < 20 for row in ratio), ratio)

    # Settings

    def settings(self):
        check, venue = self.check, self.venue
        balance = venue.fetch_balance()['USDT']
        check.equal('nothing is used of 5000 USDT', (balance['free'], balance['used'], balance['total']), (5000.0, 0.0, 5000.0))
        answer = venue.set_leverage(10, SYMBOL)
        check.equal('leverage', (answer['leverage'], answer['symbol'], answer['maxNotionalValue']), (10, 'BTCUSDT', '230000000'))
        check.equal('leverage read back', venue.fetch_leverage(SYMBOL)['longLeverage'], 10)
        check.equal('of all', venue.fetch_leverages()[SYMBOL]['longLeverage'], 10)
        check.refused('too high a leverage', ccxt.ExchangeError, -4028, lambda: venue.fapiPrivatePostLeverage({'symbol': 'BTCUSDT', 'leverage': 200}))
        venue.set_margin_mode('isolated', SYMBOL)
        check.equal('isolated', venue.fetch_margin_mode(SYMBOL)['marginMode'], 'isolated')
        check.refused('isolated again', ccxt.ExchangeError, -4046, lambda: venue.fapiPrivatePostMarginType({'symbol': 'BTCUSDT', 'marginType': 'ISOLATED'}))
        venue.set_margin_mode('cross', SYMBOL)
        check.equal('crossed', venue.fetch_margin_modes([SYMBOL])[SYMBOL]['marginMode'], 'cross')
        check.equal('one-way', venue.fetch_position_mode()['hedged'], False)
        check.refused('hedge mode', ccxt.ExchangeError, -1130, lambda: venue.set_position_mode(True))
        tiers = venue.fetch_leverage_tiers([SYMBOL])[SYMBOL]
        first = (tiers[0]['maxLeverage'], tiers[0]['maintenanceMarginRate'], tiers[0]['maxNotional'])
        check.equal('the first bracket', first, (150.0, 0.004, 300_000.0))
        check.that('brackets join', all(a['maxNotional'] == b['minNotional'] for a, b in zip(tiers, tiers[1:])))
        fee = venue.fetch_trading_fee(SYMBOL)
        check.equal('fees', (fee['maker'], fee['taker']), (MAKER, TAKER))

    # Orders

    def resting(self):
        check, venue = self.check, self.venue
        far = round(self.best()[0] * 0.98, 1)
        order = venue.create_order(SYMBOL, 'limit', 'buy', 0.01, far, {'clientOrderId': 'c-rest-1'})
        check.equal('accepted', (order['status'], order['clientOrderId'], order['price'], order['amount'], order['filled'], order['timeInForce']), ('open', 'c-rest-1', far, 0.01, 0.0, 'GTC'))
        found = venue.fetch_order(order['id'], SYMBOL)
        check.equal('found', (found['id'], found['status'], found['side'], found['type']), (order['id'], 'open', 'buy', 'limit'))
        check.equal('open orders', [o['id'] for o in venue.fetch_open_orders(SYMBOL)], [order['id']])
        check.equal('one open order', venue.fetch_open_order(order['id'], SYMBOL)['id'], order['id'])
        balance = venue.fetch_balance()['USDT']
        check.near('its margin is held', balance['used'], far * 0.01 / 10, 0.01)
        check.refused('its id twice', ccxt.InvalidOrder, -4116, lambda: venue.create_order(SYMBOL, 'limit', 'buy', 0.01, far, {'clientOrderId': 'c-rest-1'}))
        edited = venue.edit_order(order['id'], SYMBOL, 'limit', 'buy', 0.02, far - 10)
        check.equal('edited', (edited['id'], edited['amount'], edited['price']), (order['id'], 0.02, round(far - 10, 1)))
        check.equal('edited, read back', venue.fetch_order(order['id'], SYMBOL)['amount'], 0.02)
        canceled = venue.cancel_order(order['id'], SYMBOL)
        check.equal('cancelled', (canceled['id'], canceled['status']), (order['id'], 'canceled'))
        check.refused('cancelled twice', ccxt.OrderNotFound, -2011, lambda: venue.cancel_order(order['id'], SYMBOL))
        check.refused('an order that never was', ccxt.OrderNotFound, -2013, lambda: venue.fetch_order('1', SYMBOL))
        check.that('among the cancelled', order['id'] in [o['id'] for o in venue.fetch_canceled_orders(SYMBOL)])
        post = venue.create_order(SYMBOL, 'limit', 'buy', 0.01, far, {'postOnly': True})
        check.equal('post-only', (post['status'], post['timeInForce'], post['postOnly']), ('open', 'PO', True))
        above = round(self.best()[1] + 50, 1)
        check.refused('post-only that would take', ccxt.ExchangeError, -5022, lambda: venue.create_order(SYMBOL, 'limit', 'buy', 0.01, above, {'postOnly': True}))
        venue.create_order(SYMBOL, 'limit', 'sell', 0.01, round(above * 1.02, 1))
        check.equal('two rest', len(venue.fetch_open_orders(SYMBOL)), 2)
        venue.cancel_all_orders(SYMBOL)
        check.equal('none rests', venue.fetch_open_orders(SYMBOL), [])
        many = venue.create_orders([{'symbol': SYMBOL, 'type': 'limit', 'side': 'buy', 'amount': amount, 'price': far} for amount in (0.01, 0.02, 0.001)])
        check.equal('a batch with a refusal', sorted(o['info'].get('code', 0) for o in many), [-4164, 0, 0])
        many = [o for o in many if o['id']]
        check.equal('its two orders', [(o['amount'], o['status']) for o in many], [(0.01, 'open'), (0.02, 'open')])
        changed = venue.edit_orders([{'id': o['id'], 'symbol': SYMBOL, 'type': 'limit', 'side': 'buy', 'amount': 0.03, 'price': far} for o in many])
        check.equal('edited in a batch', [(o['id'], o['amount']) for o in changed], [(o['id'], 0.03) for o in many])
        gone = venue.cancel_orders([o['id'] for o in many], SYMBOL)
        check.equal('cancelled in a batch', [o['status'] for o in gone], ['canceled', 'canceled'])

    def taking(self):
        check, venue = self.check, self.venue
        before = self.wallet()
        bid, ask = self.best()
        order = venue.create_order(SYMBOL, 'market', 'buy', 0.02)
        check.equal('filled', (order['status'], order['filled'], order['remaining']), ('closed', 0.02, 0.0))
        full = venue.fetch_order(order['id'], SYMBOL)
        check.that('near the best price', abs(full['average'] / ask - 1) < 0.002, full, ask)
        fills = [t for t in venue.fetch_my_trades(SYMBOL) if t['order'] == order['id']]
        check.near('fills are the order', sum(t['amount'] for t in fills), 0.02)
        cost = sum(t['cost'] for t in fills)
        fee = sum(t['fee']['cost'] for t in fills)
        check.near('their average is the order\'s', cost / 0.02, full['average'], 0.01)
        check.near('the taker\'s fee', fee, cost * TAKER, 1e-6)
        check.equal('takers in USDT', {(t['takerOrMaker'], t['fee']['currency'], t['side']) for t in fills}, {('taker', 'USDT', 'buy')})
        check.equal('fills of one order', [t['id'] for t in venue.fetch_my_trades(SYMBOL, params={'orderId': order['id']})], [t['id'] for t in fills])
        position = self.position()
        check.equal('the position', (position['contracts'], position['side'], position['marginMode'], position['hedged']), (0.02, 'long', 'cross', False))
        check.near('its entry price', position['entryPrice'], full['average'], 0.01)
        check.near('its margin at ten times', position['initialMargin'], position['notional'] / 10, 0.01)
        check.near('its profit', position['unrealizedPnl'], (position['markPrice'] - position['entryPrice']) * 0.02, 1e-4)
        check.that('its liquidation price', position['liquidationPrice'] is None or position['liquidationPrice'] < position['entryPrice'])
        account = venue.fetch_account_positions([SYMBOL])[0]
        check.equal('the account\'s view of it', (account['contracts'], account['side']), (0.02, 'long'))
        check.near('the fee is paid', self.wallet(), before - fee)
        ioc = venue.create_order(SYMBOL, 'limit', 'sell', 0.01, round(bid * 0.99, 1), {'timeInForce': 'IOC', 'reduceOnly': True})
        check.equal('IOC fills, reduce-only', (ioc['status'], ioc['filled'], ioc['reduceOnly']), ('closed', 0.01, True))
        lost = venue.create_order(SYMBOL, 'limit', 'buy', 0.01, round(bid * 0.98, 1), {'timeInForce': 'IOC'})
        check.equal('IOC away from the market expires', (lost['status'], lost['filled']), ('expired', 0.0))
        fok = venue.create_order(SYMBOL, 'limit', 'sell', 0.01, round(bid * 0.99, 1), {'timeInForce': 'FOK'})
        check.equal('FOK fills', (fok['status'], fok['filled']), ('closed', 0.01))
        check.refused('FOK away from the market', ccxt.ExchangeError, -5021, lambda: venue.create_order(SYMBOL, 'limit', 'buy', 0.01, round(bid * 0.98, 1), {'timeInForce': 'FOK'}))
        check.equal('flat', self.held(), 0.0)
        check.refused('nothing to reduce', ccxt.InvalidOrder, -2022, lambda: venue.create_order(SYMBOL, 'market', 'sell', 0.01, None, {'reduceOnly': True}))
        check.refused('not enough margin', ccxt.InsufficientFunds, -2019, lambda: venue.create_order(SYMBOL, 'market', 'buy', 10))
        check.refused('too small', ccxt.InvalidOrder, -4164, lambda: venue.create_order(SYMBOL, 'market', 'buy', 0.001))
        check.refused('beyond the price band', ccxt.ExchangeError, -4016, lambda: venue.create_order(SYMBOL, 'limit', 'buy', 0.01, round(ask * 1.5, 1)))
        check.that('among the closed', order['id'] in [o['id'] for o in venue.fetch_closed_orders(SYMBOL)])
        check.that('among all', {order['id'], lost['id'], fok['id']} <= {o['id'] for o in venue.fetch_orders(SYMBOL)})

    def making(self):
        """A limit order at the best bid is filled by the market, sooner or later; a maker pays less."""
        check, venue = self.check, self.venue
        order = self.near_market(lambda bid: venue.create_order(SYMBOL, 'limit', 'buy', 0.005, bid, {'postOnly': True}))
        end = time.monotonic() + 60
        while time.monotonic() < end and venue.fetch_order(order['id'], SYMBOL)['status'] != 'closed':
            bid = self.best()[0]
            if bid > order['price'] + 5:
                try:
                    order = venue.edit_order(order['id'], SYMBOL, 'limit', 'buy', 0.005, bid)
                except ccxt.BaseError:
                    pass
            time.sleep(0.2)
        full = venue.fetch_order(order['id'], SYMBOL)
        check.equal('filled while it rested', (full['status'], full['filled']), ('closed', 0.005))
        fills = venue.fetch_my_trades(SYMBOL, params={'orderId': order['id']})
        check.equal('as a maker, at its price', {(t['takerOrMaker'], t['price']) for t in fills}, {('maker', full['price'])})
        check.near('the maker\'s fee', sum(t['fee']['cost'] for t in fills), full['price'] * 0.005 * MAKER, 1e-6)
        venue.create_order(SYMBOL, 'market', 'sell', 0.005, None, {'reduceOnly': True})
        check.equal('flat again', self.held(), 0.0)

    def conditional(self):
        check, venue = self.check, self.venue
        venue.create_order(SYMBOL, 'market', 'buy', 0.02)
        last = self.best()[0]
        low, high = round(last * 0.97, 1), round(last * 1.03, 1)
        made = {
            'stop': venue.create_order(SYMBOL, 'market', 'sell', 0.02, None, {'stopLossPrice': low, 'reduceOnly': True}),
            'profit': venue.create_order(SYMBOL, 'market', 'sell', 0.02, None, {'takeProfitPrice': high, 'reduceOnly': True}),
            'stop limit': venue.create_order(SYMBOL, 'limit', 'sell', 0.01, low - 5, {'stopLossPrice': low, 'reduceOnly': True}),
            'profit limit': venue.create_order(SYMBOL, 'limit', 'sell', 0.01, high, {'takeProfitPrice': high, 'reduceOnly': True}),
            'trailing': venue.create_order(SYMBOL, 'market', 'sell', 0.01, None, {'trailingPercent': 2, 'reduceOnly': True}),
            'whole': venue.create_order(SYMBOL, 'STOP_MARKET', 'sell', 0, None, {'triggerPrice': low - 20, 'closePosition': True}),
        }
        kinds = {name: order['info']['orderType'] for name, order in made.items()}
        check.equal('types', kinds, {'stop': 'STOP_MARKET', 'profit': 'TAKE_PROFIT_MARKET', 'stop limit': 'STOP', 'profit limit': 'TAKE_PROFIT', 'trailing': 'TRAILING_STOP_MARKET', 'whole': 'STOP_MARKET'})
        check.equal('their triggers', (made['stop']['triggerPrice'], made['profit']['triggerPrice']), (low, high))
        check.equal('all open', {o['id'] for o in venue.fetch_open_orders(SYMBOL, params=STOPS)}, {o['id'] for o in made.values()})
        check.equal('not among plain orders', venue.fetch_open_orders(SYMBOL), [])
        check.refused('a breached stop', ccxt.ExchangeError, -2021, lambda: venue.create_order(SYMBOL, 'market', 'sell', 0.01, None, {'stopLossPrice': high}))
        one = venue.fetch_order(made['stop']['id'], SYMBOL, STOPS)
        check.equal('one by its id', (one['id'], one['status'], one['amount'], one['reduceOnly']), (made['stop']['id'], 'open', 0.02, True))
        gone = venue.cancel_order(made['trailing']['id'], SYMBOL, STOPS)
        check.equal('one is cancelled', gone['id'], made['trailing']['id'])
        check.equal('and told so', venue.fetch_order(made['trailing']['id'], SYMBOL, STOPS)['status'], 'canceled')
        venue.cancel_all_orders(SYMBOL, STOPS)
        check.equal('none is open', venue.fetch_open_orders(SYMBOL, params=STOPS), [])
        self.triggered()

    def triggered(self):
        """A stop close to the market closes the position under an order id of its own."""
        check, venue = self.check, self.venue
        stop = self.near_market(lambda bid: venue.create_order(SYMBOL, 'STOP_MARKET', 'sell', 0, None, {'triggerPrice': round(bid - 1, 1), 'closePosition': True}))
        profit = self.near_market(lambda bid: venue.create_order(SYMBOL, 'TAKE_PROFIT_MARKET', 'sell', 0.02, None, {'triggerPrice': round(bid + 1, 1), 'reduceOnly': True}))
        end = time.monotonic() + 60
        while time.monotonic() < end and self.held() != 0:
            time.sleep(0.1)
        check.equal('the position is closed', self.held(), 0.0)
        orders = [venue.fetch_order(o['id'], SYMBOL, STOPS) for o in (stop, profit)]
        done = [o for o in orders if o['info']['algoStatus'] == 'FINISHED']
        check.that('one of them ended', len(done) == 1, [o['info']['algoStatus'] for o in orders])
        if done:
            fills = venue.fetch_my_trades(SYMBOL, params={'orderId': done[0]['info']['actualOrderId']})
            check.near('its fills are under the new id', sum(t['amount'] for t in fills), 0.02)
            check.equal('none under the old one', venue.fetch_my_trades(SYMBOL, params={'orderId': done[0]['id']}), [])
        venue.cancel_all_orders(SYMBOL, STOPS)

    def isolated(self):
        check, venue = self.check, self.venue
        venue.set_margin_mode('isolated', SYMBOL)
        venue.create_order(SYMBOL, 'market', 'sell', 0.01)
        before = self.position()
        check.equal('a short, isolated', (before['side'], before['marginMode']), ('short', 'isolated'))
        check.that('it is liquidated above', before['liquidationPrice'] > before['entryPrice'] * 1.05, before['liquidationPrice'])
        added = venue.add_margin(SYMBOL, 50)
        check.equal('margin is added', (added['type'], added['amount']), ('add', 50.0))
        after = self.position()
        wallet = float(after['info']['isolatedWallet']) - float(before['info']['isolatedWallet'])
        check.near('to its wallet', wallet, 50)
        check.that('it is liquidated later', after['liquidationPrice'] > before['liquidationPrice'] + 4000)
        venue.reduce_margin(SYMBOL, 20)
        check.near('and taken', float(self.position()['info']['isolatedWallet']) - float(before['info']['isolatedWallet']), 30)
        moves = venue.fetch_margin_adjustment_history(SYMBOL)
        check.equal('the moves are told', sorted((m['type'], m['amount']) for m in moves), [('add', 50.0), ('reduce', 20.0)])
        check.refused('more than there is', ccxt.ExchangeError, -4050, lambda: venue.add_margin(SYMBOL, 1_000_000))
        venue.create_order(SYMBOL, 'market', 'buy', 0.01, None, {'reduceOnly': True})
        check.equal('flat', self.held(), 0.0)
        venue.set_margin_mode('cross', SYMBOL)

    def books(self):
        """The balance is the deposit and what the fills say, to the last digit."""
        check, venue = self.check, self.venue
        fills = venue.fetch_my_trades(SYMBOL, limit=1000)
        result = sum(float(t['info']['realizedPnl']) - t['fee']['cost'] for t in fills)
        check.near('balance', self.wallet(), 5000 + result, 1e-6)
        entries = venue.fetch_ledger('USDT', limit=1000)
        check.near('ledger', sum(e['amount'] * (1 if e['direction'] == 'in' else -1) for e in entries), 5000 + result, 1e-6)
        check.that('funding history', isinstance(venue.fetch_funding_history(SYMBOL), list))
        check.equal('no liquidations', venue.fetch_my_liquidations(SYMBOL), [])
        check.refused('a wrong signature', ccxt.AuthenticationError, -1022, lambda: self.stranger('paper-key'))
        check.refused('an unknown key', ccxt.AuthenticationError, -2015, lambda: self.stranger('nobody'))

    def stranger(self, key):
        other = connect(ccxt.binanceusdm, int(sys.argv[1]), key, 'wrong')
        return other.fapiPrivateV3GetAccount()


def main():
    port = int(sys.argv[1])
    wait_for(port)
    talk = RestConversation(port)
    steps = [talk.markets, talk.past, talk.funding, talk.settings, talk.resting, talk.taking, talk.making, talk.conditional, talk.isolated, talk.books]
    for step in steps:
        try:
            step()
        except (ccxt.BaseError, KeyError, TypeError, ValueError, IndexError) as error:
            talk.check.that(f'{step.__name__} ends', False, error)
    return talk.check.finish('ccxt by REST')


if __name__ == '__main__':
    sys.exit(main())
