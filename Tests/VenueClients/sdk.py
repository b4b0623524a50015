"""The venue's own SDK trades against a running simulator, by REST and over streams: `sdk.py <port>`. What it is told must fit its
models: no member too many, and none too few but those that a model has for other contracts or other orders."""

import asyncio
import sys
import time

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from binance_sdk_derivatives_trading_usds_futures.rest_api import models as rest_models
from conversation import Checks, wait_for
from pydantic import BaseModel

SYMBOL = 'BTCUSDT'
SECONDS = 60


def loose_ends(value, path=''):
    """Members of an answer that its model does not have, as `+path`, and of the model that the answer does not have, as `-path`."""
    ends = set()
    if isinstance(value, list):
        for one in value:
            ends |= loose_ends(one, path)
    if getattr(value, 'actual_instance', None) is not None:
        return loose_ends(value.actual_instance, path)
    if isinstance(value, BaseModel):
        ends |= {f'+{path}{name}' for name in getattr(value, 'additional_properties', None) or {}}
        for name, field in type(value).model_fields.items():
            if name == 'additional_properties':
                continue
            member, label = getattr(value, name), field.alias or name
            ends |= {f'-{path}{label}'} if member is None else loose_ends(member, f'{path}{label}.')
    return ends


class SdkConversation:
    def __init__(self, port):
        self.check = Checks()
        rest = ConfigurationRestAPI(api_key='paper-key', api_secret='paper-secret', base_path=f'http://127.0.0.1:{port}', timeout=20_000)
        streams = ConfigurationWebSocketStreams(stream_url=f'ws://127.0.0.1:{port}')
        client = DerivativesTradingUsdsFutures(config_rest_api=rest, config_ws_streams=streams)
        self.rest, self.streams = client.rest_api, client.websocket_streams

    def fits(self, words, answer, *known):
        """The answer as its model, which it must fit; `known`: loose ends that are as they must be, or how they begin."""
        value = answer.data() if hasattr(answer, 'data') else answer
        ends = loose_ends(value)
        strange = sorted(end for end in ends if not any(end == one or one.endswith('*') and end.startswith(one[:-1]) for one in known))
        self.check.that(f'{words} fits its model', not strange, strange)
        return getattr(value, 'actual_instance', None) or value

    def refused(self, words, code, call):
        try:
            self.check.that(words, False, call().data())
        except BadRequestError as refusal:
            self.check.equal(words, refusal.status_code, code)

    # REST

    def market(self):
        check, fits, rest = self.check, self.fits, self.rest
        check.equal('ping', rest.test_connectivity().status, 200)
        check.near('the clocks agree', fits('time', rest.check_server_time()).server_time, time.time() * 1000, 60_000)
        info = fits('exchange information', rest.exchange_information(), *EXCHANGE_INFO)
        check.that('the contract is listed', SYMBOL in [one.symbol for one in info.symbols])
        book = fits('book', rest.order_book(SYMBOL, limit=20))
        check.equal('twenty levels a side', (len(book.bids), len(book.asks)), (20, 20))
        trades = fits('trades', rest.recent_trades_list(SYMBOL, limit=50))
        past = fits('aggregated trades', rest.compressed_aggregate_trades_list(SYMBOL, limit=50))
        check.that('trades', len(trades) > 0 and len(past) > 0)
        old = fits('old trades', rest.old_trades_lookup(SYMBOL, limit=5, from_id=trades[0].id))
        check.equal('from a trade on', old[0].id, trades[0].id)
        for interval in ('1m', '1h', '1d', '3d', '1w', '1M'):
            rows = rest.kline_candlestick_data(SYMBOL, rest_models.KlineCandlestickDataIntervalEnum(interval), limit=2).data()
            check.that(f'candles of {interval}', rows and rows[-1][0] <= time.time() * 1000 <= rows[-1][6], rows)
        marks = rest.mark_price_kline_candlestick_data(SYMBOL, rest_models.MarkPriceKlineCandlestickDataIntervalEnum('1m'), limit=10).data()
        # The venue may have begun a moment ago, within a minute.
        check.that('a mark a second', [row[8] for row in marks[:5]] == [60] * 5 and all(len(row[1].split('.')[1]) == 8 for row in marks), marks)
        fits('mark price', rest.mark_price(SYMBOL))
        check.equal('a week of funding rates', len(fits('funding rates', rest.get_funding_rate_history(SYMBOL, limit=1000))), 21)
        fits('day ticker', rest.ticker24hr_price_change_statistics(SYMBOL))
        fits('last price', rest.symbol_price_ticker_v2(SYMBOL))
        fits('best prices', rest.symbol_order_book_ticker(SYMBOL), '+lastUpdateId')
        fits('open interest', rest.open_interest(SYMBOL))

    def best(self):
        book = self.rest.order_book(SYMBOL, limit=5).data()
        return float(book.bids[0][0]), float(book.asks[0][0])

    def wallet(self):
        return float(self.rest.account_information_v3().data().total_wallet_balance)

    def settings(self):
        check, fits, rest = self.check, self.fits, self.rest
        fits('balance', rest.futures_account_balance_v3())
        fits('account', rest.account_information_v3())
        check.equal('leverage', fits('leverage', rest.change_initial_leverage(SYMBOL, 10)).leverage, 10)
        fits('symbol configuration', rest.symbol_configuration(SYMBOL))
        fits('brackets', rest.notional_and_leverage_brackets(SYMBOL))
        fits('commission', rest.user_commission_rate(SYMBOL))
        check.equal('one asset', fits('asset mode', rest.get_current_multi_assets_mode()).multi_assets_margin, False)
        self.refused('one asset again', -4171, lambda: rest.change_multi_assets_mode('false'))
        self.refused('several assets', -1130, lambda: rest.change_multi_assets_mode('true'))
        fits('fees in BNB', rest.toggle_bnb_burn_on_futures_trade('false'))
        check.equal('fees in USDT', fits('fee burn', rest.get_bnb_burn_status()).fee_burn, False)
        check.equal('one-way', fits('position mode', rest.get_current_position_mode()).dual_side_position, False)

    def order(self, side, type_, **more):
        return self.rest.new_order(SYMBOL, rest_models.NewOrderSideEnum(side), rest_models.NewOrderTypeEnum(type_), **more)

    def resting(self):
        check, fits, rest = self.check, self.fits, self.rest
        far = round(self.best()[0] * 0.98, 1)
        gtc = rest_models.NewOrderTimeInForceEnum.GTC
        made = fits('a limit order', self.order('BUY', 'LIMIT', quantity=0.01, price=far, time_in_force=gtc, new_client_order_id='sdk-1'))
        check.equal('accepted', (made.status, made.client_order_id), ('NEW', 'sdk-1'))
        fits('the order', rest.query_order(SYMBOL, order_id=made.order_id), '+pair', *NO_TRAIL)
        fits('open orders', rest.current_all_open_orders(SYMBOL), *NO_TRAIL)
        side = rest_models.ModifyOrderSideEnum.BUY
        changed = fits('a changed order', rest.modify_order(SYMBOL, side, quantity=0.02, price=far - 10, order_id=made.order_id, modify_id=7))
        check.equal('changed', (changed.orig_qty, changed.modify_id), ('0.020', 7))
        self.refused('with an open order', -4067, lambda: rest.change_position_mode('true'))
        gone = fits('a cancelled order', rest.cancel_order(SYMBOL, order_id=made.order_id), *NO_TRAIL)
        check.equal('cancelled', gone.status, 'CANCELED')
        self.refused('cancelled twice', -2011, lambda: rest.cancel_order(SYMBOL, order_id=made.order_id))
        fits('all orders', rest.all_orders(SYMBOL), *NO_TRAIL)

    def trade(self):
        """In at the market, a stop far away, one that triggers, and the books."""
        check, fits, rest = self.check, self.fits, self.rest
        before = self.wallet()
        result = rest_models.NewOrderNewOrderRespTypeEnum.RESULT
        bought = fits('a market order', self.order('BUY', 'MARKET', quantity=0.02, new_order_resp_type=result))
        check.equal('filled', (bought.status, bought.executed_qty), ('FILLED', '0.020'))
        held = fits('the position', rest.position_information_v3(SYMBOL))[0]
        entry = held.entry_price
        check.equal('held', held.position_amt, '0.020')
        stop = self.stop('STOP_MARKET', 'SELL', round(self.best()[0] * 0.97, 1), 'sdk-stop')
        fits('open stops', rest.current_all_algo_open_orders(symbol=SYMBOL), *STOPS)
        fits('the stop', rest.query_algo_order(algo_id=stop.algo_id), *STOPS, '+activatePrice', '+callbackRate')
        fits('a cancelled stop', rest.cancel_algo_order(algo_id=stop.algo_id))
        sold = self.order('SELL', 'MARKET', quantity=0.01, reduce_only=rest_models.NewOrderReduceOnlyEnum.TRUE, new_order_resp_type=result).data()
        check.equal('reduced', sold.status, 'FILLED')
        check.equal('the entry price stays', rest.position_information_v3(SYMBOL).data()[0].entry_price, entry)
        self.triggered()
        fills = fits('fills', rest.account_trade_list(SYMBOL))
        paid = sum(float(one.realized_pnl) - float(one.commission) for one in fills)
        check.near('the wallet changed by profits and fees', self.wallet() - before, paid, 1e-6)
        incomes = fits('incomes', rest.get_income_history(limit=1000))
        check.near('incomes are the wallet', sum(float(one.income) for one in incomes), self.wallet(), 1e-6)

    def stop(self, type_, side, trigger, client_id):
        return self.fits('a stop', self.rest.new_algo_order(
            rest_models.NewAlgoOrderAlgoTypeEnum.CONDITIONAL, SYMBOL, rest_models.NewAlgoOrderSideEnum(side), rest_models.NewAlgoOrderTypeEnum(type_),
            trigger_price=trigger, close_position=rest_models.NewAlgoOrderClosePositionEnum.TRUE, client_algo_id=client_id), *STOPS)

    def triggered(self):
        """A stop and a target by the market; the market takes one of them, sooner or later."""
        made = []
        for type_, away in (('STOP_MARKET', -1), ('TAKE_PROFIT_MARKET', 1)):
            for attempt in range(50):
                try:
                    made.append(self.stop(type_, 'SELL', round(self.best()[0] + away, 1), f'sdk-{type_}-{attempt}').algo_id)
                    break
                except BadRequestError as refusal:
                    if refusal.status_code != -2021:
                        raise
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.rest.position_information_v3(SYMBOL).data():
            time.sleep(0.1)
        self.check.equal('flat', self.rest.position_information_v3(SYMBOL).data(), [])
        states = [self.rest.query_algo_order(algo_id=one).data().algo_status for one in made]
        self.check.that('one of them closed it', 'FINISHED' in states, states)
        self.rest.cancel_all_algo_open_orders(SYMBOL)

    # Streams

    async def watch(self):
        check, streams = self.check, self.streams
        heard = {}

        def listen(name):
            def hear(frame):
                ends = loose_ends(frame) - FRAMES
                check.that(f'{name} fits its model', not ends, sorted(ends))
                heard.setdefault(name, set()).add(type(getattr(frame, 'actual_instance', None) or frame).__name__)
            return hear

        key = self.rest.start_user_data_stream().data().listen_key
        await streams.create_connection()
        symbol = SYMBOL.lower()
        for name, opening in (
            ('aggTrade', lambda: streams.aggregate_trade_streams(symbol)),
            ('depthUpdate', lambda: streams.diff_book_depth_streams(symbol)),
            ('partial depth', lambda: streams.partial_book_depth_streams(symbol, 20)),
            ('bookTicker', lambda: streams.individual_symbol_book_ticker_streams(symbol)),
            ('kline', lambda: streams.kline_candlestick_streams(symbol, '1m')),
            ('continuous_kline', lambda: streams.continuous_contract_kline_candlestick_streams(symbol, 'perpetual', '1m')),
            ('markPriceUpdate', lambda: streams.mark_price_stream(symbol)),
            ('user', lambda: streams.user_data(key)),
        ):
            (await opening()).on('message', listen(name))
        await asyncio.to_thread(self.trade)
        end = time.monotonic() + SECONDS
        wanted = {'OrderTradeUpdate', 'TradeLite', 'AccountUpdate', 'AlgoUpdate'}
        while time.monotonic() < end and (len(heard) < 8 or not wanted <= heard.get('user', set())):
            await asyncio.sleep(0.1)
        check.equal('all were heard', len(heard), 8)
        check.that('of the account', wanted <= heard.get('user', set()), heard.get('user'))
        await streams.close_connection(close_session=True)

    def converse(self):
        for step in (self.market, self.settings, self.resting, lambda: asyncio.run(self.watch())):
            try:
                step()
            except Exception as error:  # what the SDK raises where a model does not fit is of many kinds
                self.check.that(f'{getattr(step, "__name__", step)} ends', False, type(error), str(error))
        return self.check.finish('the SDK')


# What orders of one kind and contracts of one kind have and others have not, and what the venue tells although its models do not.
NO_TRAIL = ['-activatePrice', '-priceRate']
STOPS = ['-icebergQuantity', '-actualQty', '-actualType', '-sl*', '-tp*']
EXCHANGE_INFO = ['+futuresType', '+symbols.maxMoveOrderLimit', '+symbols.permissionSets', '-symbols.filters.*', '-symbols.settlePlan']
FRAMES = {'+st', '+k.st', '-o.ia', '-o.rm', '-o.AP', '-o.M', '-o.cr', '-a.S'}


def main():
    port = int(sys.argv[1])
    wait_for(port)
    return SdkConversation(port).converse()


if __name__ == '__main__':
    sys.exit(main())
