// A test of an encoder: what ENCODER says, a command with {url} in it, or else a stream of our own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { startServer } from "trio-srs";

const ENCODER =
  process.env.ENCODER ??
  `${process.env.PYTHON ?? "python3"} -m trio_srs publish --pattern h264 --seconds 1 --quiet {url}`;

let server;
before(async () => {
  server = await startServer({ waitMs: 20_000 });
});
after(() => server?.stop());

/** Start the encoder. */
function encode(stream) {
  const command = ENCODER.replaceAll("{url}", server.url(stream));
  return spawn(command, { shell: true, stdio: ["ignore", "ignore", "inherit"] });
}

test("it publishes a healthy stream", async () => {
  encode("live/cam1");
  await server.waitForEnd("live/cam1");
  await server.expect("live/cam1", "healthy", "video.codec == h264", "video.fps ~ 25");
});

test("it exits with an error if it is refused", async () => {
  const fault = await server.fault("refuse publish stream=live/cam2 times=1");
  const [code] = await once(encode("live/cam2"), "exit");
  assert.notEqual(code, 0);
  assert.equal(await fault.taken(), 1);
});

test("it ends when it is kicked", async () => {
  const encoder = encode("live/cam3");
  await server.waitForKeyframe("live/cam3");
  await Promise.all([once(encoder, "exit"), server.kick("live/cam3")]);
  const report = await server.waitForEnd("live/cam3");
  assert.equal(report.end, "kicked");
});
