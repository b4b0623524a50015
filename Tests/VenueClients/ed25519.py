"""A client with an Ed25519 key: `ed25519.py keys <folder>` makes one; `ed25519.py <port> <folder>` talks with it.

ccxt signs its requests with the key; the session of the WebSocket API is opened by hand, as the venue documents it."""

import asyncio
import base64
import os
import sys
import time

import aiohttp
import ccxt
from conversation import Checks, connect, wait_for
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519


def make_keys(folder):
    os.makedirs(folder)
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, pem in (('private.pem', private), ('public.pem', public)):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(pem)


class Session:
    """The WebSocket API on one socket, request by request."""

    def __init__(self, socket, key):
        self.socket, self.key, self.count = socket, key, 0

    def signed(self, params):
        params = dict(params, timestamp=int(time.time() * 1000))
        text = '&'.join(f'{name}={params[name]}' for name in sorted(params))
        return dict(params, signature=base64.b64encode(self.key.sign(text.encode())).decode())

    async def ask(self, method, params=None):
        self.count += 1
        await self.socket.send_json({'id': f'r{self.count}', 'method': method, **({} if params is None else {'params': params})})
        answer = await self.socket.receive_json()
        assert answer['id'] == f'r{self.count}', answer
        return answer


def now():
    return {'timestamp': int(time.time() * 1000)}


async def talk_by_session(check, port, key):
    async with aiohttp.ClientSession() as http, http.ws_connect(f'ws://127.0.0.1:{port}/ws-fapi/v1') as socket:
        session = Session(socket, key)
        check.equal('nobody yet', (await session.ask('session.status'))['result']['apiKey'], None)
        answer = await session.ask('v2/account.balance', now())
        check.equal('a key is needed', (answer['status'], answer['error']['code']), (401, -2014))
        answer = await session.ask('session.logon', {'apiKey': 'paper-key', **now(), 'signature': 'x'})
        check.equal('an HMAC key can\'t log on', answer['error']['code'], -4056)
        answer = await session.ask('session.logon', dict(session.signed({'apiKey': 'curve'}), signature='AAAA'))
        check.equal('a wrong signature', answer['error']['code'], -1022)
        answer = await session.ask('session.logon', session.signed({'apiKey': 'curve'}))
        check.equal('logged on', (answer['status'], answer['result']['apiKey']), (200, 'curve'))
        check.that('since now', abs(answer['result']['authorizedSince'] - time.time() * 1000) < 60_000)
        balance = await session.ask('v2/account.balance', now())
        check.equal('balance without a signature', balance['result'][0]['balance'], '5000.00000000')
        check.equal('counters', [(l['rateLimitType'], l['limit']) for l in balance['rateLimits']], [('REQUEST_WEIGHT', 2400), ('ORDERS', 300), ('ORDERS', 1200)])
        late = await session.ask('v2/account.status', {'timestamp': int(time.time() * 1000) - 6000})
        check.equal('a late request', late['error']['code'], -1021)
        price = (await session.ask('ticker.book', {'symbol': 'BTCUSDT'}))['result']['bidPrice']
        order = {'symbol': 'BTCUSDT', 'side': 'BUY', 'type': 'LIMIT', 'timeInForce': 'GTC', 'quantity': '0.010', 'price': f'{float(price) * 0.98:.1f}', 'newClientOrderId': 's-1'}
        placed = await session.ask('order.place', {**order, **now()})
        check.equal('placed', (placed['result']['status'], placed['result']['clientOrderId']), ('NEW', 's-1'))
        check.that('an acknowledgement tells no fill price', not {'avgPrice', 'cumQuote', 'cumBase'} & set(placed['result']), placed)
        check.that('orders are counted with those of REST', all(1 <= l['count'] <= 2 for l in placed['rateLimits'][1:]), placed['rateLimits'])
        again = await session.ask('order.place', {**order, **now()})
        check.equal('its id twice', (again['status'], again['error']['code']), (400, -4116))
        status = await session.ask('order.status', {'symbol': 'BTCUSDT', 'origClientOrderId': 's-1', **now()})
        check.equal('its status', status['result']['avgPrice'], '0.00000')
        changed = await session.ask('order.modify', {'symbol': 'BTCUSDT', 'side': 'BUY', 'origClientOrderId': 's-1', 'quantity': '0.020', 'price': order['price'], 'modifyId': 5, **now()})
        check.equal('changed', (changed['result']['origQty'], changed['result']['modifyId']), ('0.020', 5))
        gone = await session.ask('order.cancel', {'symbol': 'BTCUSDT', 'origClientOrderId': 's-1', **now()})
        check.equal('cancelled', gone['result']['status'], 'CANCELED')
        stop = await session.ask('algoOrder.place', {'algoType': 'CONDITIONAL', 'symbol': 'BTCUSDT', 'side': 'SELL', 'type': 'STOP_MARKET', 'quantity': '0.01', 'triggerPrice': order['price'], 'clientAlgoId': 's-2', **now()})
        check.equal('a stop', (stop['result']['algoStatus'], stop['result']['orderType']), ('NEW', 'STOP_MARKET'))
        check.equal('cancelled', (await session.ask('algoOrder.cancel', {'clientAlgoId': 's-2', **now()}))['result']['code'], '200')
        listen = await session.ask('userDataStream.start', {'apiKey': 'curve'})
        check.equal('a listen key', len(listen['result']['listenKey']), 64)
        check.equal('its time is prolonged', (await session.ask('userDataStream.ping', {'apiKey': 'curve'}))['status'], 200)
        check.equal('and ended', (await session.ask('userDataStream.stop', {'apiKey': 'curve'}))['status'], 200)
        unknown = await session.ask('order.dance', now())
        check.equal('an unknown method', unknown['status'], 400)
        await socket.send_str('{"id":')
        check.equal('half a request', (await socket.receive_json())['status'], 400)
        await session.ask('session.logout')
        check.equal('logged out', (await session.ask('v2/account.balance', now()))['error']['code'], -2014)


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    wait_for(port)
    with open(os.path.join(folder, 'private.pem'), encoding='ascii') as file:
        pem = file.read()
    check = Checks()
    venue = connect(ccxt.binanceusdm, port, 'curve', pem)
    check.equal('ccxt signs with the key', venue.fetch_balance()['USDT']['total'], 5000.0)
    venue.load_markets()
    price = round(venue.fetch_order_book('BTC/USDT:USDT', 5)['bids'][0][0] * 0.97, 1)
    order = venue.create_order('BTC/USDT:USDT', 'limit', 'buy', 0.01, price)
    check.equal('and trades', venue.cancel_order(order['id'], 'BTC/USDT:USDT')['status'], 'canceled')
    other = connect(ccxt.binanceusdm, port, 'paper-key', pem)
    check.refused('another\'s key', ccxt.AuthenticationError, -1022, lambda: other.fapiPrivateV3GetAccount())
    key = serialization.load_pem_private_key(pem.encode(), None)
    asyncio.run(talk_by_session(check, port, key))
    return check.finish('Ed25519')


if __name__ == '__main__':
    sys.exit(make_keys(sys.argv[2]) if sys.argv[1] == 'keys' else main())
