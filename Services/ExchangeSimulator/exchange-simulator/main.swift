import Glibc

let help = """
    exchange-simulator: a venue on loopback that speaks the protocol of Binance USDⓈ-M futures.

    exchange-simulator run [options]         play a market and serve REST and WebSocket on one port
    exchange-simulator calibrate --data …    compare the synthetic market and its delays with recordings
    exchange-simulator --help | --version

    run:
      --host ADDRESS          address to listen on (127.0.0.1)
      --port N                port; 0 takes a free one (18080)
      --tls-port N            a second port, with TLS and a certificate made at the start; 0 takes a free one
      --tls-certificate PATH  where that certificate goes, for clients to trust (exchange-simulator.pem)
      --symbols A,B           contracts (BTCUSDT,ETHUSDT; with --data those of the files)
      --data PATH             recording to play instead of the synthetic market; may be repeated
      --history PATH          one-minute candles of the past (klines CSV, named by symbol); may be repeated
      --loop                  start a recording again when it ends, with its times moved on
      --factor F              venue seconds in one second of the machine (1)
      --start TIME            where the venue's time starts, ISO 8601 or milliseconds (synthetic: now)
      --seed N                seed of the synthetic market (1)
      --opening MINUTES       for a demonstration: how long the synthetic market breaks out each minute or so at first (0)
      --balance USDT          deposit of each account (5000)
      --bnb AMOUNT            BNB of each account, which pays its fees with it, a tenth cheaper, as long as it lasts; adds
                              the contract BNBUSDT (0)
      --api-key K             key of an account (paper-key); repeat key and secret for more accounts
      --api-secret S          its secret (paper-secret)
      --api-secret-file PATH  file with the secret, or with a public key in PEM form (Ed25519, RSA)
      --maker-fee R --taker-fee R   fee rates (0.0002, 0.0005)
      --funding-rate R        rate until the source says another (0.0001)
      --lateness WHICH        how late frames are: recorded, as at the venue, or none (recorded)
      --faults FILE           what goes wrong and when: lines of seconds from the start and a fault or act as JSON
      --connection-life S     seconds after which a WebSocket is closed (86400)
      --log-level LEVEL       debug, info, warning, error (info)

    The key and secret are also read from VORTEX7_SIM_API_KEY and VORTEX7_SIM_API_SECRET.
    Exit codes: 0 stopped as asked, 1 failed, 2 a file was not found, 4 the command line is wrong.
    """

func complain(_ text: String) {
    var line = "exchange-simulator: \(text)\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

let words = Array(CommandLine.arguments.dropFirst())
do throws(UsageError) {
    switch words.dropFirst().contains("--help") ? "--help" : words.first {
    case "--help", "-h", "help":
        print(help)
    case "--version":
        print("exchange-simulator 0.1.0")
    case "run":
        exit(try run(words.dropFirst()))
    case "calibrate":
        exit(try calibrate(words.dropFirst()))
    case let other?:
        throw UsageError(message: "unknown command '\(other)'")
    case nil:
        throw UsageError(message: "a command is needed")
    }
} catch {
    complain(error.message + "; see exchange-simulator --help")
    exit(4)
}
