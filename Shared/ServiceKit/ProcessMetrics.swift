import Glibc

/// What the process costs the machine.
enum ProcessMetrics {
    static func show(_ metrics: Metrics) {
        let began = Double(SystemClock.wallUs()) / 1e6
        metrics.gauge("process_start_time_seconds", help: "When the process began, seconds since 1970.") { began }
        metrics.gauge("process_resident_memory_bytes", help: "Memory that the process has in use.") {
            Double(residentPages() * sysconf(Int32(_SC_PAGESIZE)))
        }
        metrics.counter("process_cpu_seconds_total", help: "Processor time that the process has used.") { cpuSeconds() }
    }

    /// The second number of `/proc/self/statm`.
    private static func residentPages() -> Int {
        guard let bytes = readFile("/proc/self/statm") else { return 0 }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
