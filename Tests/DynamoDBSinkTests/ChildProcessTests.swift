import Mapping
import Synchronization
import Testing
@testable import DynamoDBSink

@Suite("Child process")
struct ChildProcessTests {
    @Test("a program's output is read, and its failure told")
    func childProcess() throws {
        let output = try ChildProcess.output(["echo", "a b"], environment: [:])
        #expect(output == Array("a b\n".utf8))
        #expect(
            try ChildProcess.output(["sh", "-c", "echo $X"], environment: ["X": "y"])
                == Array("y\n".utf8)
        )
        for (arguments, message) in [
            (["sh", "-c", "exit 3"], "sh ended with status 3"),
            (
                ["/nonexistent/program"],
                "/nonexistent/program could not be started: No such file or directory"
            ),
        ] {
            #expect {
                try ChildProcess.output(arguments, environment: [:])
            } throws: { error in
                (error as? DynamoDBError)?.message == message
            }
        }
    }
}
