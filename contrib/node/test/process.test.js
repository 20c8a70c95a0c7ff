/** How the server's process begins and ends. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FaultNotTakenError, ServerEndedError, startServer } from "trio-srs";

test("what is wrong with settings is said when it starts", async () => {
  const settings = { stream: { gop_cach: "5s" }, app: { "a b": { inspect: "full" } } };
  await assert.rejects(startServer({ settings }), (error) => {
    assert.ok(error instanceof ServerEndedError);
    assert.match(error.message, /^the server \(.* serve .*\) ended with 2:\n.*stream\.gop_cach: .*gop_cache/s);
    return true;
  });
});

test("a command that is not there is said", async () => {
  await assert.rejects(startServer({ command: ["no-such-program"] }), /could not be started: spawn no-such-program ENOENT/);
});

test("a Python without trio-srs is said to be the wrong one", async () => {
  const command = ["sh", "-c", "echo 'python3: No module named trio_srs' >&2; exit 1"];
  await assert.rejects(startServer({ command }), /No module named trio_srs\nlet PYTHON be the Python/);
});

test("a server that was killed is gone, and its log is still there", async () => {
  const server = await startServer();
  await assert.rejects(server.fault("nonsense"));
  const publisher = server.startPublisher("live/a");
  await server.waitForPublish("live/a", { timeoutMs: 20_000 });
  await server.kill();
  await server.stop();
  assert.notEqual(await publisher.ended, 0);
  assert.match(server.log, /live\/a/);
  await assert.rejects(server.lastEvent(), (error) => {
    assert.ok(error instanceof ServerEndedError);
    assert.match(error.message, /ended with SIGKILL/);
    return true;
  });
});

test("a server that ended by itself fails what stops it", async () => {
  const server = await startServer();
  process.kill(server.pid, "SIGKILL");
  await assert.rejects(server.lastEvent(), ServerEndedError);
  await assert.rejects(server.stop(), /ended with SIGKILL/);
});

test("a fault that was never done fails what stops the server, which has stopped", async () => {
  const server = await startServer();
  await server.fault("refuse publish times=1");
  await assert.rejects(server.stop(), FaultNotTakenError);
  await assert.rejects(server.lastEvent(), ServerEndedError);
  await server.stop();
});

test("the environment has no influence", async () => {
  process.env.TRIO_SRS_STREAM__INSPECT = '"headers"';
  const server = await startServer({ settings: { rtmp: { listen: ["127.0.0.1:0", "127.0.0.1:0"] } } });
  delete process.env.TRIO_SRS_STREAM__INSPECT;
  assert.equal(server.addresses.rtmp.length, 2);
  assert.equal((await server.ask("/streams/live/a/settings")).settings.inspect, "full");
  await server.stop();
});
