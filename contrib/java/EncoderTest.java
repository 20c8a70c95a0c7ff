// A test of an encoder in Java (17 or later), with the JDK alone: java EncoderTest.java
//
// With JUnit, main() goes, and the test methods get its annotations. The encoder is what ENCODER
// says, a command with the word {url} in it; without one, trio-srs publishes a stream of its own.
// PYTHON is a Python with trio-srs[api] installed.

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

class EncoderTest {
    static final String PYTHON = System.getenv().getOrDefault("PYTHON", "python3");
    static final String ENCODER = System.getenv().getOrDefault("ENCODER", PYTHON
        + " -m trio_srs publish --pattern h264:320x180@25 --seconds 1 --quiet {url}");

    /** A server on free ports; it ends with the block that it is used in. */
    static class Server implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final Process process;
        private final String rtmp;
        private final String api;

        Server() throws IOException {
            Path log = Files.createTempFile("server", ".log");
            process = new ProcessBuilder(PYTHON, "-m", "trio_srs", "serve", "--die-with-parent",
                "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0",
                "--set", "stream.inspect=\"full\"").redirectError(log.toFile()).start();
            // One line of JSON says that all ports are open; where the server gives up there is none.
            String line = new BufferedReader(process.inputReader()).readLine();
            if (line == null) {
                throw new AssertionError("the server did not start: " + Files.readString(log));
            }
            rtmp = first("\"rtmp\": \\[\"([^\"]*)", line);
            api = first("\"api\": \\[\"([^\"]*)", line);
        }

        String url(String stream) {
            return rtmp + "/" + stream;
        }

        /** An answer of the API; one that is an error fails the test, with what the server says. */
        String ask(String path, String body) throws IOException, InterruptedException {
            var request = HttpRequest.newBuilder(URI.create(api + "/api/v2" + path))
                .header("Content-Type", "application/json");
            if (body != null) {
                request.POST(HttpRequest.BodyPublishers.ofString(body));
            }
            var answer = client.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() >= 400) {
                throw new AssertionError(first("\"message\":\"((?:[^\"\\\\]|\\\\.)*)", answer.body()));
            }
            return answer.body();
        }

        /** Wait until something has happened to a stream, and not by sleeping. */
        void await(String stream, String until) throws IOException, InterruptedException {
            ask("/wait?stream=" + encoded(stream) + "&until=" + until + "&timeout=20", null);
        }

        /** Fail by the rules that a stream does not meet, the first one first. */
        void expect(String stream, String... rules) throws IOException, InterruptedException {
            String list = Stream.of(rules).map(rule -> '"' + rule + '"').collect(Collectors.joining(","));
            String judged = ask("/streams/" + stream + "/expect", "{\"rules\": [" + list + "]}");
            String wrong = Pattern.compile("\\{\"rule\"[^{}]*\"met\":false[^{}]*\"message\":\"((?:[^\"\\\\]|\\\\.)*)")
                .matcher(judged).results().map(found -> found.group(1)).collect(Collectors.joining("\n  "));
            if (!wrong.isEmpty()) {
                throw new AssertionError(wrong);
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    void theEncoderSendsWhatItShould() throws Exception {
        try (Server server = new Server()) {
            Process encoder = encode(server.url("live/cam1"));
            server.await("live/cam1", "first_keyframe");
            assertEquals(0, encoder.waitFor());
            server.await("live/cam1", "unpublished");
            server.expect("live/cam1", "healthy", "video.codec == h264", "video.fps ~ 25");
        }
    }

    void whatTheEncoderGotWrongIsNamed() throws Exception {
        try (Server server = new Server()) {
            encode(server.url("live/cam1")).waitFor();
            server.await("live/cam1", "unpublished");
            try {
                server.expect("live/cam1", "video.codec == hevc");
            } catch (AssertionError error) {
                String wrong = "video.codec: expected hevc, seen: h264; from video frame 0";
                assertEquals(wrong, error.getMessage().substring(0, wrong.length()));
                return;
            }
            throw new AssertionError("it let H.264 pass as HEVC");
        }
    }

    /** The first test in one command, which starts the server, runs the encoder and judges. */
    void theEncoderInOneCommand() throws Exception {
        List<String> words = new ArrayList<>(List.of(PYTHON, "-m", "trio_srs", "expect", "--quiet",
            "--expect", "healthy", "--expect", "video.codec == h264", "--"));
        words.addAll(List.of(ENCODER.split(" ")));
        assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
    }

    static Process encode(String url) throws IOException {
        return new ProcessBuilder(ENCODER.replace("{url}", url).split(" "))
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    static void assertEquals(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", seen: " + actual);
        }
    }

    static String first(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().findFirst()
            .map((MatchResult found) -> found.group(1))
            .orElseThrow(() -> new AssertionError("there is no " + pattern + " in " + text));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    public static void main(String[] words) throws Exception {
        EncoderTest test = new EncoderTest();
        test.theEncoderSendsWhatItShould();
        test.whatTheEncoderGotWrongIsNamed();
        test.theEncoderInOneCommand();
        System.out.println("3 tests passed");
    }
}
