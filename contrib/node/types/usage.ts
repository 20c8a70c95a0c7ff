/** What type checkers make of it: compiled, never run. */

import { after, before, test } from "node:test";

import { attach, ExpectationError, type ServerProcess, startServer } from "trio-srs";

let server: ServerProcess;

before(async () => {
  server = await startServer({ settings: { stream: { publish_busy: "replace" } }, waitMs: 1000 });
});
after(() => server.stop());

test("types", async () => {
  const url: string = server.url("live/cam1");
  const { frames } = await server.waitForFrames("live/cam1", 25, { timeoutMs: 20_000 });
  const end: string | null = (await server.waitForEnd("live/cam1")).end;
  await server.expect("live/cam1", "healthy", { video: { fps: "~ 25" } });
  for await (const { event } of server.events({ follow: false })) console.log(event, url, frames, end);
  const fault = await server.fault("reset publish times=1");
  const taken: number = await fault.taken();
  const other = await attach("http://127.0.0.1:1985", { token: "secret" });
  await other.kick("live/cam1", `after ${taken}`);
  // @ts-expect-error: who attaches cannot stop it
  await other.stop();
  // @ts-expect-error: the unit is in the name
  await server.waitForPublish("live/cam1", { timeout: 5 });
}).catch((error: unknown) => {
  if (error instanceof ExpectationError) console.log(error.verdicts[0]?.message);
});
