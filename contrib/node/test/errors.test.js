/** What errors say, and that frameworks leave it as it is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as all from "trio-srs";

test("an error is none of Node's assertions, which Jest would say in other words", () => {
  const judged = { stream: "live/a", verdicts: [{ met: false, message: "it is wrong" }] };
  for (const error of [
    new all.ExpectationError(judged),
    new all.NotInTimeError({ message: "nobody came", reached: {} }),
    new all.FaultNotTakenError({ name: "fault-1", fault: "refuse publish times=1", met: 2 }),
    new all.LeftBehindError("ns-1", { sessions: ["c1", "c2"], streams: [], tasks: ["hls"] }),
  ]) {
    assert.notEqual(error.code, "ERR_ASSERTION");
    assert.ok(!(error instanceof assert.AssertionError));
    assert.equal(all[error.name], error.constructor);
  }
});

test("what is left of a namespace is named", () => {
  const left = { sessions: ["c1", "c2"], streams: [], tasks: ["hls"] };
  const error = new all.LeftBehindError("ns-1", left);
  assert.equal(error.message, "the namespace ns-1 has ended, and left sessions c1, c2; tasks hls");
});
