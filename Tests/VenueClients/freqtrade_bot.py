"""freqtrade trades against the simulator in earnest, unchanged but for its URLs: `freqtrade_bot.py <exchange-simulator>`. It enters at
once with its stop on the exchange, leaves a minute later, and the books must agree."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import ccxt
from conversation import Checks, connect, wait_for

SYMBOL = 'BTC/USDT:USDT'
DEPOSIT = 5000
# Only there to end a bot that hangs.
SECONDS = 600

STRATEGY = '''
from datetime import timedelta

from freqtrade.strategy import IStrategy


class Impatient(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = '1m'
    startup_candle_count = 1
    process_only_new_candles = False
    minimal_roi = {}
    stoploss = -0.1
    use_exit_signal = True
    order_types = {'entry': 'market', 'exit': 'market', 'stoploss': 'market', 'stoploss_on_exchange': True, 'stoploss_price_type': 'mark'}

    def leverage(self, pair, current_time, current_rate, proposed_leverage, max_leverage, entry_tag, side, **more):
        return 5.0

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe['enter_long'] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **more):
        return 'time' if current_time - trade.open_date_utc > timedelta(seconds=60) else None
'''


def configuration(port, folder):
    rest = f'http://127.0.0.1:{port}'
    routes = {'fapiPublic': 'v1', 'fapiPublicV2': 'v2', 'fapiPublicV3': 'v3', 'fapiPrivate': 'v1', 'fapiPrivateV2': 'v2', 'fapiPrivateV3': 'v3'}
    api = {name: f'{rest}/fapi/{version}' for name, version in routes.items()} | {'fapiData': f'{rest}/futures/data'}
    venue = {'urls': {'api': api}, 'options': {'fetchCurrencies': False, 'fetchMarkets': {'types': ['linear']}}}
    price = {'price_side': 'other', 'use_order_book': True, 'order_book_top': 1}
    return {
        'dry_run': False, 'initial_state': 'running', 'trading_mode': 'futures', 'margin_mode': 'isolated', 'max_open_trades': 1,
        'stake_currency': 'USDT', 'stake_amount': 200, 'db_url': f'sqlite:///{folder}/trades.sqlite', 'user_data_dir': str(folder),
        'entry_pricing': price, 'exit_pricing': price, 'pairlists': [{'method': 'StaticPairList'}], 'internals': {'process_throttle_secs': 2},
        'exchange': {
            'name': 'binance', 'key': 'paper-key', 'secret': 'paper-secret', 'pair_whitelist': [SYMBOL], 'enable_ws': False,
            'ccxt_config': venue, 'ccxt_async_config': venue}}


def wait(condition, bot):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and bot.poll() is None:
        if condition():
            return True
        # The weight of the address is the bot's to spend.
        time.sleep(2)
    return False


def watch(port, bot):
    check, venue = Checks(), connect(ccxt.binanceusdm, port)
    venue.load_time_difference()
    venue.load_markets()

    def is_protected():
        held = [float(one['positionAmt']) for one in venue.fapiPrivateV3GetPositionRisk({'symbol': 'BTCUSDT'})]
        stops = venue.fapiPrivateGetOpenAlgoOrders({'symbol': 'BTCUSDT'})
        return any(stop['side'] == 'SELL' and stop['orderType'] == 'STOP_MARKET' and float(stop['quantity']) == amount for amount in held for stop in stops)

    def has_left():
        return any(fill['side'] == 'SELL' for fill in venue.fapiPrivateGetUserTrades({'symbol': 'BTCUSDT'}))
    check.that('an entry with its stop on the exchange', wait(is_protected, bot), bot.poll())
    check.that('an exit', wait(has_left, bot), bot.poll())
    bot.send_signal(signal.SIGINT)
    check.equal('the bot ends as one that is interrupted', bot.wait(120), 130)
    incomes = venue.fapiPrivateGetIncome({'limit': 1000})
    wallet = float(venue.fetch_balance()['info']['totalWalletBalance'])
    change = sum(float(one['income']) for one in incomes if one['incomeType'] != 'TRANSFER')
    check.near('incomes are the change of the wallet', change, wallet - DEPOSIT, 1e-6)
    check.that('fees were paid', change < 0 or wallet != DEPOSIT, change)
    return check.finish('freqtrade')


def main():
    program = os.path.abspath(sys.argv[1])
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix='vortex7-freqtrade-') as name:
        folder = pathlib.Path(name)
        (folder / 'strategies').mkdir()
        (folder / 'strategies' / 'impatient.py').write_text(STRATEGY)
        (folder / 'config.json').write_text(json.dumps(configuration(port, folder)))
        with open(folder / 'venue.log', 'w') as venue_log, open(folder / 'bot.log', 'w') as bot_log:
            venue = subprocess.Popen([program, 'run', '--port', str(port), '--symbols', 'BTCUSDT', '--seed', '3', '--balance', str(DEPOSIT), '--log-level', 'warning'], stderr=venue_log, stdout=venue_log)
            try:
                wait_for(port)
                words = [sys.executable, '-m', 'freqtrade', 'trade', '--config', str(folder / 'config.json'), '--strategy', 'Impatient', '--userdir', str(folder)]
                bot = subprocess.Popen(words, stderr=bot_log, stdout=bot_log, cwd=folder)
                try:
                    failed = watch(port, bot)
                finally:
                    if bot.poll() is None:
                        bot.kill()
                        bot.wait()
            finally:
                venue.terminate()
                venue.wait()
        if failed:
            print((folder / 'bot.log').read_text()[-6000:])
        return failed


if __name__ == '__main__':
    sys.exit(main())
