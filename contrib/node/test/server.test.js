/** `node --test`: PYTHON is a Python with trio-srs[api] installed. */

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  attach,
  ExpectationError,
  FaultNotTakenError,
  NoAnswerError,
  NotInTimeError,
  RefusedError,
  Server,
  ServerEndedError,
  startServer,
} from "trio-srs";

const LONG = { timeoutMs: 20_000 };

let server;

before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Publish half a second. */
async function published(stream, ...options) {
  const publisher = server.startPublisher(stream, { seconds: 0.5, options: ["--speed=max", ...options] });
  const report = await server.waitForEnd(stream, LONG);
  assert.equal(await publisher.ended, 0, publisher.errors);
  return report;
}

test("a stream that is as it should be meets what is expected of it", async () => {
  const report = await published("live/good");
  assert.equal(report.end, "stream_closed");
  const verdicts = await server.expect("live/good", "healthy", "video.fps ~ 25", {
    video: { codec: "h264", size: "320x180" },
  });
  assert.ok(verdicts.length > 10);
  assert.deepEqual((await server.reports("/live/good")).length, 1);
  assert.deepEqual(await server.report("live/good"), report);
});

test("the first line of an error is the first rule that is not met", async () => {
  await published("live/bad", "--defect=regression@5:100");
  const rules = ["video.codec == hevc", "timestamps.monotonic", "video.frames >= 1"];
  await assert.rejects(server.expect("live/bad", rules), (error) => {
    assert.ok(error instanceof ExpectationError);
    const lines = error.message.split("\n");
    assert.match(lines[0], /^video.codec: expected hevc, seen: h264; from video frame 0/);
    assert.match(lines[1], /^ {2}timestamps.monotonic: .*first at video frame 5/);
    assert.equal(lines[2], "  (of live/bad 2 of 3 expectations are not met)");
    assert.equal(error.verdicts.length, 3);
    return true;
  });
  assert.equal((await server.judge("live/bad", rules)).met, false);
});

test("nothing is expected by mistake", async () => {
  await assert.rejects(server.expect("live/good"), /nothing is expected of live\/good: say a rule/);
  await assert.rejects(server.expect("live/good", "video.fsp ~ 25"), (error) => {
    assert.ok(error instanceof RefusedError);
    assert.match(error.message, /video.fps/);
    assert.deepEqual([error.status, error.where], [400, "body.rules[0]"]);
    return true;
  });
});

test("a stream that does not come is said to be missing, and what came instead", async () => {
  await published("live/other");
  await assert.rejects(server.waitForPublish("live/cam1", { timeoutMs: 100 }), (error) => {
    assert.ok(error instanceof NotInTimeError);
    assert.match(error.message, /^no publisher on live\/cam1 within 0.1 s; published: live\//);
    assert.equal(error.reached.met, false);
    return true;
  });
});

test("a wait is given up when its signal says so", async () => {
  const signal = AbortSignal.timeout(50);
  await assert.rejects(server.waitForPublish("live/never", { signal }), { name: "TimeoutError" });
});

test("a publisher can be kicked, and the next publish waited for", async () => {
  const publisher = server.startPublisher("live/kicked");
  await server.waitForKeyframe("live/kicked", LONG);
  const { frames } = await server.waitForFrames("live/kicked", 3, LONG);
  assert.ok(frames >= 3);
  const since = await server.lastEvent();
  assert.equal(await server.kick("live/kicked", "by node"), true);
  assert.notEqual(await publisher.ended, 0);
  assert.match(publisher.errors, /kicked: by node/);
  const report = await server.waitForEnd("live/kicked", { since });
  assert.deepEqual([report.end, report.end_detail], ["kicked", "by node"]);
  assert.equal(await server.kick("live/kicked"), false);

  await assert.rejects(server.waitForPublish("live/kicked", { since, timeoutMs: 50 }), NotInTimeError);
  await published("live/kicked");
  assert.equal((await server.reports("live/kicked")).length, 2);
});

test("sessions are listed, and can be ended", async () => {
  const publisher = server.startPublisher("live/session");
  await server.waitForPublish("live/session", LONG);
  const [session] = await server.sessions({ stream: "live/session", only: "open" });
  assert.equal(session.requests[0].outcome, "accepted");
  assert.deepEqual((await server.streams({ only: "published" })).map(({ name }) => name), ["live/session"]);
  assert.equal(await server.endSession(session.id), true);
  await publisher.ended;
  assert.equal(await server.endSession(session.id), false);
});

test("no event is lost before one listens", async () => {
  const since = await server.lastEvent();
  await published("live/events");
  const seen = [];
  for await (const { event } of server.events({ since, stream: "live/events" })) {
    seen.push(event);
    if (event === "publish_ended") break; // else it would go on
  }
  assert.deepEqual(seen.slice(0, 3), ["publish_began", "first_media", "first_keyframe"]);
});

test("a fault is done, counted and taken back", async () => {
  const fault = await server.fault("refuse publish stream=live/refused times=1");
  assert.deepEqual([await fault.met(), await fault.taken()], [0, 0]);
  await assert.rejects(fault.checkTaken(), (error) => {
    assert.ok(error instanceof FaultNotTakenError);
    assert.match(error.message, /^fault-\d+, "refuse publish .*", was never done: it fitted nobody/);
    return true;
  });
  const publisher = server.startPublisher("live/refused", { seconds: 0.2 });
  assert.notEqual(await publisher.ended, 0);
  assert.equal(await fault.taken(), 1);
  await published("live/refused");
  await server.checkFaults();
  await fault.remove();
  await fault.remove();
  assert.ok(fault.isRemoved);
  await assert.rejects(server.fault("refuse pubish"), /did you mean 'publish'/);
});

test("settings are those of tests, with what is said on top, and can be changed", async () => {
  const { settings } = await server.ask("/streams/live/any/settings");
  assert.deepEqual([settings.inspect, settings.slow_reader], ["full", "drop"]);
  await server.configure({ stream: { gop_cache: "5s" } });
  const changed = await server.ask("/streams/live/any/settings");
  assert.equal(changed.settings.gop_cache, "5s");
});

test("URLs are of all forms", async () => {
  assert.match(server.url("live/cam1"), /^rtmp:\/\/127\.0\.0\.1:\d+\/live\/cam1$/);
  assert.match(server.hlsUrl("/live/cam1"), /^http:\/\/127\.0\.0\.1:\d+\/live\/cam1\.m3u8$/);
  assert.match(server.dashUrl("live/cam1"), /\/live\/cam1\.mpd$/);
  assert.throws(() => server.url("live/cam1", "rtmps"), /does not listen for rtmps: it does for rtmp, http, api/);
});

test("who attaches has the same", async () => {
  const other = await attach(server.addresses.api[0], { addresses: { http: ["http://edge:8080"] } });
  assert.ok(other instanceof Server);
  await published("live/attached");
  assert.equal((await other.waitForEnd("live/attached")).stream, "live/attached");
  assert.equal(other.url("live/a"), server.url("live/a"));
  assert.equal(other.httpUrl("live/a.ts"), "http://edge:8080/live/a.ts");
  const byName = await attach(server.addresses.api[0].replace("127.0.0.1", "localhost"));
  assert.match(byName.url("live/a"), /^rtmp:\/\/localhost:/);
});

test("nobody there is said in a sentence", async () => {
  await assert.rejects(attach("http://127.0.0.1:9"), (error) => {
    assert.ok(error instanceof NoAnswerError);
    assert.match(error.message, /^the server at http:\/\/127.0.0.1:9 does not answer: .*\S/);
    return true;
  });
});

test("tests that share a server have namespaces of their own", async () => {
  await published("live/good");
  const space = await server.openNamespace({ settings: { publish_busy: "replace" } });
  assert.match(space.url("live/good"), new RegExp(`/${space.name}/live/good$`));
  assert.deepEqual(await space.streams(), []);
  const fault = await space.fault("refuse publish times=1");
  const refused = server.startPublisher(`${space.name}/live/good`, { seconds: 0.2 });
  assert.notEqual(await refused.ended, 0);
  const publisher = server.startPublisher(`${space.name}/live/good`);
  await space.waitForFrames("live/good", 3, LONG);
  await space.expect("live/good", "video.codec == h264");
  assert.equal(await fault.taken(), 1);
  assert.equal((await space.sessions({ only: "open" })).length, 1);
  await space.configure({ gop_cache: "5s" });
  await space.close();
  assert.match(publisher.errors + (await publisher.ended), /1$/);
  assert.match(publisher.errors, /the namespace .* ends/);
  await assert.rejects(space.report("live/good"), RefusedError);
});

test("all that a server knows can be kept", async () => {
  await published("live/kept");
  const folder = await mkdtemp(join(tmpdir(), "kept-"));
  try {
    await server.writeFailureReport(folder);
    const names = await readdir(folder);
    for (const name of ["reports-live_kept.json", "sessions.json", "events.json", "server.log"]) {
      assert.ok(names.includes(name), name);
    }
    const [report] = JSON.parse(await readFile(join(folder, "reports-live_kept.json"), "utf8"));
    assert.equal(report.stream, "live/kept");
  } finally {
    await rm(folder, { recursive: true });
  }
});
