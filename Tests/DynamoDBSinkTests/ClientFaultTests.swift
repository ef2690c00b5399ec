import Contract
import Glibc
import Pipeline
import Synchronization
import Testing
@testable import DynamoDBSink

@Suite("Control plane and faults")
struct ClientFaultTests {
    private func client(
        _ server: ScriptedServer,
        pauses: @escaping (Duration) -> Void = { _ in }
    ) throws -> DynamoDBClient {
        try DynamoDBClient(settings: server.settings(), pause: pauses)
    }

    @Test("throttles and server errors are waited out, then the answer is read")
    func retries() throws {
        let server = ScriptedServer { request in
            switch request.number {
            case 0: .http(500, "")
            case 1: .http(400, #"{"__type":"c#LimitExceededException"}"#)
            case 2: .http(200, "{")
            default: .http(200, #"{"TableNames":["t"]}"#)
            }
        }
        defer { server.stop() }
        let answer = try client(server).call("ListTables", .object([]))
        #expect(answer.serialized() == #"{"TableNames":["t"]}"#)
        #expect(server.requests.map(\.target) == Array(repeating: "ListTables", count: 4))
        #expect(server.requests.map(\.body) == Array(repeating: "{}", count: 4))
    }

    @Test("a call is given up when its time is over, with the last error")
    func givesUp() throws {
        let server = ScriptedServer { _ in .http(503, "") }
        defer { server.stop() }
        let client = try client(server)
        client.callFor = .milliseconds(50)
        #expect {
            try client.call("ListTables", .object([]))
        } throws: { error in
            "\(error)" == "ListTables failed: HTTP503 (HTTP 503)"
        }
        #expect(server.requests.count > 2)
    }

    @Test("waiting for a table ends when it and its indexes are active")
    func waitsUntilActive() throws {
        let server = ScriptedServer { request in
            switch request.number {
            case 0:
                .http(400, #"{"__type":"c#ResourceNotFoundException"}"#)
            case 1:
                .http(200, #"{"Table":{"TableName":"t","TableStatus":"CREATING"}}"#)
            case 2:
                .http(
                    200,
                    #"{"Table":{"TableName":"t","TableStatus":"ACTIVE","GlobalSecondaryIndexes":"#
                        + #"[{"IndexName":"g","IndexStatus":"CREATING"}]}}"#
                )
            default:
                .http(
                    200,
                    #"{"Table":{"TableName":"t","TableStatus":"ACTIVE","GlobalSecondaryIndexes":"#
                        + #"[{"IndexName":"g","IndexStatus":"ACTIVE"}]}}"#
                )
            }
        }
        defer { server.stop() }
        var pauses: [Duration] = []
        let admin = TableAdmin(
            client: try client(server),
            now: { .zero },
            pause: { pauses.append($0) }
        )
        try admin.waitUntilActive("t")
        #expect(server.requests.count == 4)
        #expect(pauses == [.milliseconds(20), .milliseconds(40), .milliseconds(80)])
    }

    @Test("waiting for a table ends when its time is over, with the state it is in")
    func waitTimesOut() throws {
        let server = ScriptedServer { _ in
            .http(200, #"{"Table":{"TableName":"t","TableStatus":"DELETING"}}"#)
        }
        defer { server.stop() }
        var now = Duration.zero
        let admin = TableAdmin(client: try client(server), now: { now }, pause: { now += $0 })
        #expect {
            try admin.waitUntilGone("t", timeout: .seconds(5))
        } throws: { error in
            "\(error)"
                == "Waiting for the table to be deleted on table t failed: TimedOut: it is "
                + "DELETING after 5 s. Look at the table in the console, and start again when it "
                + "is ready"
        }
    }
}
