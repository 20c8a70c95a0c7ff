// A test of an encoder in Node (20 or later), over HTTP: run it with `node --test`.
//
// The encoder is what the variable ENCODER says, a command with the word RTMP_URL in it; without
// one, trio-srs publishes a stream of its own. PYTHON is a Python with trio-srs[api] installed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const PYTHON = process.env.PYTHON ?? "python3";
const ENCODER =
  process.env.ENCODER ??
  `${PYTHON} -m trio_srs publish --pattern h264:640x360@25 --gop 1s --seconds 2 RTMP_URL`;

let server, api, rtmp;

before(async () => {
  const words = ["-m", "trio_srs", "--die-with-parent"];
  for (const key of ["rtmp.listen", "api.listen"]) words.push("--set", `${key}=["127.0.0.1:0"]`);
  words.push("--set", 'stream.inspect="full"');
  server = spawn(PYTHON, words, { stdio: ["ignore", "pipe", "inherit"] });
  // One line of JSON says that every port is open, and which they are.
  const [line] = await Promise.race([
    once(createInterface(server.stdout), "line"),
    once(server, "exit").then(([code]) => assert.fail(`the server ended with ${code}`)),
  ]);
  const ready = JSON.parse(line);
  [api, rtmp] = [`${ready.api[0]}/api/v2`, ready.rtmp[0]];
});

after(() => server?.kill());

/** Ask the server. An answer that is an error is thrown, with what the server says of it. */
async function ask(path, options) {
  const answer = await fetch(api + path, options);
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(`${said.code}: ${said.message}`);
  return said;
}

/** Judge a stream. */
const judge = (stream, rules) =>
  ask(`/streams/${stream}/expect`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ rules }),
  });

/** The events that come after one of a number. */
async function* events(since, signal) {
  const answer = await fetch(`${api}/events?since=${since}`, { signal });
  let text = "";
  for await (const some of answer.body.pipeThrough(new TextDecoderStream())) {
    text += some;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

/** Run the encoder on a stream. */
function encode(stream) {
  const command = ENCODER.replaceAll("RTMP_URL", `${rtmp}/${stream}`);
  return spawn(command, { shell: true, stdio: ["ignore", "ignore", "inherit"] });
}

test("the encoder sends what it should", async () => {
  const { last_event: since } = await ask("/server");
  const encoder = encode("live/cam1");
  // Nothing sleeps: each of these is answered when it happens, or says what did instead.
  await ask("/wait?stream=live/cam1&until=first_keyframe&timeout=20");
  const { frames } = await ask("/wait?stream=live/cam1&until=frames:25&timeout=20");
  assert.ok(frames >= 25);
  const [code] = await once(encoder, "exit");
  assert.equal(code, 0);
  await ask(`/wait?stream=live/cam1&until=unpublished&since=${since}`);

  const { met, verdicts } = await judge("live/cam1", [
    "video.codec == h264",
    "video.size == 640x360",
    "video.fps ~ 25±0.5",
    "video.gop.seconds <= 2.1",
    "audio.sample_rate == 44100",
    "timestamps.monotonic",
  ]);
  assert.ok(met, verdicts.map(({ message }) => message).join("\n"));
});

test("what the encoder got wrong is named", async () => {
  encode("live/cam2");
  await ask("/wait?stream=live/cam2&until=frames:5&timeout=20");
  const { met, verdicts } = await judge("live/cam2", ["video.codec == hevc"]);
  assert.equal(met, false);
  assert.match(verdicts[0].message, /video.codec: expected hevc, seen: h264/);
});

test("a stream that does not come is said to be missing, and what came instead", async () => {
  await assert.rejects(
    ask("/wait?stream=live/cam9&timeout=0.2"),
    /wait_timeout: no publisher on live\/cam9 within 0.2 s; published: live\/cam/,
  );
});

test("no event is lost before one listens", async () => {
  const { last_event: since } = await ask("/server");
  const encoder = encode("live/cam3");
  await once(encoder, "exit"); // all of it is over
  const stop = new AbortController();
  const seen = [];
  for await (const { event, stream } of events(since, stop.signal)) {
    if (stream === "live/cam3") seen.push(event);
    if (seen.at(-1) === "publish_ended") break;
  }
  stop.abort();
  assert.deepEqual(seen.slice(0, 3), ["publish_began", "first_media", "first_keyframe"]);
});
