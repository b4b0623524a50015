import ExchangeSimulatorServer
import Testing

struct SignatureTests {
    private let secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"

    @Test func `the documentation's example has its signature`() {
        let text =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
        let expected = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
        #expect(Signature.hmac(Array(text.utf8), secret: secret) == expected)
        #expect(Signature.isValid(expected, of: Array(text.utf8), secret: secret))
        #expect(!Signature.isValid(expected, of: Array((text + "0").utf8), secret: secret))
        #expect(!Signature.isValid("", of: Array(text.utf8), secret: secret))
    }

    @Test func `an Ed25519 signature is checked with its public key`() {
        // RFC 8032, section 7.1, test 2: the one-byte message 0x72.
        let key = """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=
            -----END PUBLIC KEY-----
            """
        let signature = "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA=="
        #expect(Signature.isValid(signature, of: [0x72], secret: key))
        #expect(!Signature.isValid(signature, of: [0x73], secret: key))
    }
}
