"""python-binance trades against a running simulator: `python_binance.py <port>`. Its client greets the spot venue first, and its
candles of futures are those of the pair."""

import asyncio
import sys

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from conversation import Checks, wait_for

SYMBOL = 'BTCUSDT'
SECONDS = 60


class AsyncConversation:
    def __init__(self, port):
        self.port = port
        self.check = Checks()
        rest, stream = f'http://127.0.0.1:{port}', f'ws://127.0.0.1:{port}'
        AsyncClient.API_URL = rest + '/api'
        AsyncClient.FUTURES_URL = rest + '/fapi'
        AsyncClient.FUTURES_DATA_URL = rest + '/futures/data'
        BinanceSocketManager.FSTREAM_URL = stream + '/'

    async def market(self):
        check, client = self.check, self.client
        check.that('the spot venue tells the time', (await client.get_server_time())['serverTime'] > 0)
        check.that('the contract is listed', SYMBOL in [one['symbol'] for one in (await client.futures_exchange_info())['symbols']])
        rows = await client.futures_klines(symbol=SYMBOL, interval='1w', limit=5)
        check.that('a week of candles', rows and all(row[6] - row[0] == 7 * 86_400_000 - 1 for row in rows), rows)
        trades = await client.futures_aggregate_trades(symbol=SYMBOL, limit=10)
        check.that('trades', [one['a'] for one in trades] == list(range(trades[0]['a'], trades[0]['a'] + 10)), trades)

    async def frames(self, socket, count, is_it):
        """The next frames of a socket that are wanted."""
        found = []
        async with socket as stream:
            while len(found) < count:
                frame = await asyncio.wait_for(stream.recv(), SECONDS)
                if is_it(frame):
                    found.append(frame)
        return found

    async def sockets(self):
        check, manager = self.check, self.manager
        candle = (await self.frames(manager.kline_futures_socket(SYMBOL), 1, lambda frame: True))[0]
        told = candle.get('data', candle)
        check.equal('a candle of the pair', (told['e'], told['ps'], told['ct'], told['k']['i']), ('continuous_kline', SYMBOL, 'PERPETUAL', '1m'))
        names = [f'{SYMBOL.lower()}@aggTrade', f'{SYMBOL.lower()}@kline_1m', f'{SYMBOL.lower()}@markPrice@1s']
        kinds = set()

        def is_new(frame):
            kinds.add(frame['data']['e'])
            return len(kinds) == 3
        await self.frames(manager.futures_multiplex_socket(names), 1, is_new)
        check.equal('several streams on one connection', kinds, {'aggTrade', 'kline', 'markPriceUpdate'})

    async def trade(self):
        check, client = self.check, self.client
        await client.futures_change_leverage(symbol=SYMBOL, leverage=10)
        async with self.manager.futures_user_socket() as stream:
            bought = await client.futures_create_order(symbol=SYMBOL, side='BUY', type='MARKET', quantity='0.02', newOrderRespType='RESULT')
            check.equal('bought', (bought['status'], bought['executedQty']), ('FILLED', '0.020'))
            bid = float((await client.futures_order_book(symbol=SYMBOL, limit=5))['bids'][0][0])
            # The library sends it to the service of conditional orders.
            stop = await client.futures_create_order(symbol=SYMBOL, side='SELL', type='STOP_MARKET', triggerPrice=str(round(bid * 0.97, 1)), closePosition='true')
            check.equal('a stop', stop['algoStatus'], 'NEW')
            await client.futures_cancel_algo_order(symbol=SYMBOL, algoId=stop['algoId'])
            sold = await client.futures_create_order(symbol=SYMBOL, side='SELL', type='MARKET', quantity='0.02', reduceOnly='true', newOrderRespType='RESULT')
            check.equal('sold', sold['status'], 'FILLED')
            heard = []
            while sum(one == ('ORDER_TRADE_UPDATE', 'FILLED') for one in heard) < 2 or ('ALGO_UPDATE', 'CANCELED') not in heard:
                frame = await asyncio.wait_for(stream.recv(), SECONDS)
                heard.append((frame['e'], frame.get('o', {}).get('X')))
            check.that('the account hears of it', ('ALGO_UPDATE', 'NEW') in heard, heard)
        incomes = await client.futures_income_history(limit=1000)
        wallet = float((await client.futures_account())['totalWalletBalance'])
        check.near('incomes are the wallet', sum(float(one['income']) for one in incomes), wallet, 1e-6)
        for mode, code in ((False, -4171), (True, -1130)):
            try:
                check.that(f'several assets {mode}', False, await client.futures_change_multi_assets_mode(multiAssetsMargin=mode))
            except BinanceAPIException as refusal:
                check.equal(f'several assets {mode}', refusal.code, code)

    async def converse(self):
        self.client = await AsyncClient.create('paper-key', 'paper-secret')
        self.manager = BinanceSocketManager(self.client)
        try:
            for step in (self.market, self.sockets, self.trade):
                try:
                    await step()
                except (BinanceAPIException, asyncio.TimeoutError, KeyError, TypeError, ValueError, IndexError) as error:
                    self.check.that(f'{step.__name__} ends', False, type(error), str(error))
        finally:
            await self.client.close_connection()
        return self.check.finish('python-binance')


def main():
    port = int(sys.argv[1])
    wait_for(port)
    talk = AsyncConversation(port)
    return asyncio.run(talk.converse())


if __name__ == '__main__':
    sys.exit(main())
