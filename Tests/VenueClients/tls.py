"""REST and streams over TLS: `tls.py <port> <TLS port> <certificate>`."""

import asyncio
import json
import ssl
import sys
import urllib.error
import urllib.request

import aiohttp
from conversation import Checks, wait_for


async def watch(check, port, trust):
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(f'wss://localhost:{port}/public/ws/btcusdt@depth20@100ms', ssl=trust) as socket:
            for _ in range(20):
                frame = await asyncio.wait_for(socket.receive_json(), 60)
                check.equal('a frame', (frame['e'], frame['s'], len(frame['b'])), ('depthUpdate', 'BTCUSDT', 20))


def main():
    port, tls_port, certificate = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    wait_for(port)
    wait_for(tls_port)
    check = Checks()
    trust = ssl.create_default_context(cafile=certificate)
    for host in ('localhost', '127.0.0.1'):
        with urllib.request.urlopen(f'https://{host}:{tls_port}/fapi/v1/time', context=trust, timeout=60) as answer:
            there = json.load(answer)['serverTime']
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/fapi/v1/time', timeout=60) as answer:
        check.near('one venue behind both ports', json.load(answer)['serverTime'], there, 1000)
    with urllib.request.urlopen(f'https://localhost:{tls_port}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500', context=trust, timeout=60) as answer:
        check.equal('a long answer', len(json.load(answer)), 1500)
    try:
        urllib.request.urlopen(f'https://localhost:{tls_port}/fapi/v1/time', timeout=60)
        check.that('strangers do not trust it', False)
    except urllib.error.URLError as error:
        check.that('strangers do not trust it', 'certificate' in str(error), str(error))
    asyncio.run(watch(check, tls_port, trust))
    return check.finish('TLS')


if __name__ == '__main__':
    sys.exit(main())
