// A test of an encoder in Swift, with XCTest and Foundation alone: swift test
//
// The encoder is what ENCODER says, a command with the word {url} in it; without one, trio-srs
// publishes a stream of its own. PYTHON is a Python with trio-srs[api] installed.

import Foundation
import XCTest

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

let environment = ProcessInfo.processInfo.environment
let python = environment["PYTHON"] ?? "python3"
let encoderCommand = environment["ENCODER"]
    ?? "\(python) -m trio_srs publish --pattern h264:320x180@25 --seconds 1 --quiet {url}"

struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// Start a program that is looked for as a shell does.
func start(_ words: [String], output: Pipe? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    if let output = output { process.standardOutput = output }
    try process.run()
    return process
}

/// A server on free ports of 127.0.0.1.
final class Server {
    private struct Ready: Decodable {
        let rtmp: [String]
        let api: [String]
    }

    private struct Answer: Decodable {
        struct Verdict: Decodable {
            let met: Bool
            let message: String
        }
        let message: String?
        let verdicts: [Verdict]?
    }

    private let process: Process
    private let ready: Ready

    init() throws {
        let output = Pipe()
        process = try start([
            python, "-m", "trio_srs", "serve", "--die-with-parent",
            "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--set", "stream.inspect=\"full\"",
        ], output: output)
        // One line of JSON says that all ports are open; where the server gives up there is none.
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let some = output.fileHandleForReading.availableData
            if some.isEmpty { throw Failure(description: "the server did not start: see above") }
            line.append(some)
        }
        ready = try JSONDecoder().decode(Ready.self, from: line)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    func url(_ stream: String) -> String { "\(ready.rtmp[0])/\(stream)" }

    /// An answer of the API; one that is an error is thrown, with what the server says.
    private func ask(
        _ path: String, query: [String: String] = [:], body: [String: [String]]? = nil
    ) async throws -> Answer {
        var parts = URLComponents(string: "\(ready.api[0])/api/v2\(path)")!
        if !query.isEmpty {
            parts.queryItems = query.map { URLQueryItem(name: $0.key, value: $0.value) }
        }
        var request = URLRequest(url: parts.url!)
        if let body = body {
            request.httpMethod = "POST"
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = try JSONEncoder().encode(body)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        if (response as! HTTPURLResponse).statusCode >= 400 {
            throw Failure(description: answer.message ?? "no reason was said")
        }
        return answer
    }

    /// Wait until something has happened to a stream, and not by sleeping.
    func wait(_ stream: String, until: String) async throws {
        _ = try await ask("/wait", query: ["stream": stream, "until": until, "timeout": "20"])
    }

    /// The rules that a stream does not meet, each in a sentence.
    func complaints(_ stream: String, _ rules: [String]) async throws -> [String] {
        let answer = try await ask("/streams/\(stream)/expect", body: ["rules": rules])
        return (answer.verdicts ?? []).filter { !$0.met }.map(\.message)
    }
}

final class EncoderTests: XCTestCase {
    private func words(_ url: String) -> [String] {
        encoderCommand.replacingOccurrences(of: "{url}", with: url).components(separatedBy: " ")
    }

    func testTheEncoderSendsWhatItShould() async throws {
        let server = try Server()
        defer { server.stop() }
        let encoder = try start(words(server.url("live/cam1")))
        try await server.wait("live/cam1", until: "first_keyframe")
        encoder.waitUntilExit()
        XCTAssertEqual(encoder.terminationStatus, 0)
        try await server.wait("live/cam1", until: "unpublished")
        let wrong = try await server.complaints(
            "live/cam1", ["healthy", "video.codec == h264", "video.fps ~ 25"])
        XCTAssertEqual(wrong, [])
    }

    /// The same in one command, which starts the server, runs the encoder and judges.
    func testTheEncoderInOneCommand() throws {
        let judge = try start([
            python, "-m", "trio_srs", "expect", "--quiet", "--expect", "healthy",
            "--expect", "video.codec == h264", "--",
        ] + words("{url}"))
        judge.waitUntilExit()
        XCTAssertEqual(judge.terminationStatus, 0)
    }
}
