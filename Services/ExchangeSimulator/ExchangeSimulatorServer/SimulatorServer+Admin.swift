import CWebSocketServer
import ExchangeSimulator
import TradingPrimitives
import WebServer

/// Routes of the simulator itself, which no fault touches.
extension SimulatorServer {
    static var ownPath: String { "/sim/v1/" }

    func administer(_ request: HTTPRequest, from id: cws_id) -> RestAnswer {
        do throws(Refusal) {
            return RestAnswer(status: 200, body: try carryOut(request, from: id))
        } catch {
            return Exchange.answer(error)
        }
    }

    private func carryOut(_ request: HTTPRequest, from id: cws_id) throws(Refusal) -> [UInt8] {
        switch (request.method, request.path.dropFirst(Self.ownPath.count)) {
        case ("GET", "status"): return status()
        case ("GET", "ledger"): return simulation.exchange.auditJSON()
        case ("GET", "faults"):
            return request.query == Array("kinds".utf8)
                ? Exchange.faultKindsJSON() : simulation.exchange.faultsJSON()
        case ("POST", "faults"): return try perform(.fault(try simulation.exchange.fault(request.body)), except: id)
        case ("POST", "acts"): return try perform(.act(try simulation.exchange.act(request.body)), except: id)
        case ("DELETE", "faults"): return try end(request)
        default:
            throw Refusal(-5000, "Path \(request.path), Method \(request.method) is invalid", status: 404)
        }
    }

    private func end(_ request: HTTPRequest) throws(Refusal) -> [UInt8] {
        let parameters = Parameters(query: request.query, body: [])
        guard let text = parameters.text("id") else {
            simulation.exchange.faults.removeAll()
            return Array("{}".utf8)
        }
        guard let id = Int(text), simulation.exchange.faults.remove(id) else {
            throw Refusal(-1130, "there is no fault '\(text)'; GET /sim/v1/faults lists them")
        }
        return Array("{}".utf8)
    }

    /// Starts a rule or does an act now. `except`: the connection that asks for it, which is not cut.
    func perform(_ step: FaultScript.Step, except id: cws_id?) throws(Refusal) -> [UInt8] {
        switch step {
        case .fault(let fault):
            let number = simulation.exchange.faults.add(fault, now: simulation.exchange.now)
            if fault.kind == .partition { cut(fault.connections, except: id) }
            return Array(#"{"id":\#(number)}"#.utf8)
        case .act(let act):
            if case .cut(let kind) = act { cut(kind, except: id) }
            return try simulation.exchange.perform(act)
        }
    }

    func followScript(until now: Timestamp) {
        while let ms = script.nextMs, let (step, text) = script.next(dueMs: now - clock.start) {
            _ = simulation.play(until: clock.start + ms)
            do throws(Refusal) {
                _ = try perform(step, except: nil)
                log.write(.info, "scripted", [("step", text)])
            } catch {
                log.write(.warning, "scripted step failed", [("step", text), ("reason", error.message)])
            }
        }
    }
}
