/** A server as a test sees it: where it is, what to wait for, what there was. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Api, pathOf, streamPath } from "./api.js";
import { ExpectationError, LeftBehindError } from "./errors.js";
import { Fault } from "./fault.js";
import { sentEvents } from "./sent_events.js";

/** Less than the five seconds after which Jest and Vitest give a test up, and say nothing of why. */
export const WAIT_MS = 4000;

export class Server {
  #api;
  #addresses;
  #waitMs;
  #vhost;
  #faults = [];

  /**
   * Not to be called: `startServer`, `attach` and `openNamespace` make one.
   *
   * @param {Api} api
   * @param {Record<string, string[]>} addresses the URLs it listens on, by protocol
   * @param {number} waitMs how long a wait is that does not say
   * @param {string} [vhost] the virtual host that all of it is about, if it is one
   */
  constructor(api, addresses, waitMs, vhost) {
    this.#api = api;
    this.#addresses = addresses;
    this.#waitMs = waitMs;
    this.#vhost = vhost;
  }

  /** A stream by the name that the whole server knows it by. */
  #whole(stream) {
    const path = pathOf(stream);
    const isWhole = this.#vhost === undefined || path.startsWith(`${this.#vhost}/`);
    return isWhole ? path : `${this.#vhost}/${path}`;
  }

  /** The URLs it listens on, by protocol. */
  get addresses() {
    return this.#addresses;
  }

  // ------------------------------------------------------------------------------- where it is

  /** The URL to publish or play a stream at, such as rtmp://127.0.0.1:40123/live/cam1. */
  url(stream, protocol = "rtmp") {
    const [base] = this.#addresses[protocol] ?? [];
    if (base === undefined) {
      const there = Object.keys(this.#addresses).filter((each) => this.#addresses[each].length);
      throw new RangeError(
        `this server does not listen for ${protocol}: it does for ${there.join(", ")}`,
      );
    }
    const vhost = this.#vhost === undefined ? "" : `${this.#vhost}/`;
    return `${base}/${vhost}${stream.replace(/^\/+/, "")}`;
  }

  /** The URL of a stream over HTTP: `live/cam1.flv`, `live/cam1.ts`, `live/cam1.mp4`. */
  httpUrl(path) {
    return this.url(path, "http");
  }

  /** The URL of a stream as HLS. */
  hlsUrl(stream) {
    return this.httpUrl(`${stream}.m3u8`);
  }

  /** The URL of a stream as MPEG-DASH. */
  dashUrl(stream) {
    return this.httpUrl(`${stream}.mpd`);
  }

  // ----------------------------------------------------------------------------------- waiting

  /** Wait until somebody publishes a stream, or has published it. */
  waitForPublish(stream, options) {
    return this.#wait(stream, "published", options);
  }

  /** Wait for the first keyframe. */
  waitForKeyframe(stream, options) {
    return this.#wait(stream, "first_keyframe", options);
  }

  /** Wait for so many frames: of video, or of audio where there is no video. */
  waitForFrames(stream, count, options) {
    return this.#wait(stream, `frames:${count}`, options);
  }

  /** Wait until a publish of a stream has ended, and have its whole report. */
  async waitForEnd(stream, options) {
    await this.#wait(stream, "unpublished", options);
    const reports = await this.reports(stream);
    return reports.filter(({ end }) => end !== null).at(-1);
  }

  /** Wait until players can take a stream as HLS, and have it cut from now on. */
  waitForHls(stream, options) {
    return this.#wait(stream, "hls_ready", options);
  }

  /** Wait until players can take a stream as MPEG-DASH, and have it cut from now on. */
  waitForDash(stream, options) {
    return this.#wait(stream, "dash_ready", options);
  }

  #wait(stream, until, { timeoutMs = this.#waitMs, since, signal } = {}) {
    const query = { stream: this.#whole(stream), until, since, timeout: timeoutMs / 1000 };
    return this.#api.ask("/wait", { query, signal });
  }

  // --------------------------------------------------------------------------- what there was

  /** All about the publish of a stream that goes on, or else the last one that ended. */
  report(stream) {
    return this.#api.ask(streamPath(this.#whole(stream), "/report"));
  }

  /** All about every publish of a stream, the oldest first; the server keeps the last few. */
  async reports(stream) {
    return (await this.#api.ask(streamPath(this.#whole(stream), "/reports"))).reports;
  }

  /** Who publishes and plays what; `filter` is what /api/v2/streams takes. */
  async streams(filter = {}) {
    return (await this.#api.ask("/streams", { query: { vhost: this.#vhost, ...filter } })).streams;
  }

  /** Who is or was connected, and what came of it; `filter` is what /api/v2/sessions takes. */
  async sessions(filter = {}) {
    return (await this.#api.ask("/sessions", { query: { vhost: this.#vhost, ...filter } })).sessions;
  }

  /** The number of the newest event, to wait for what happens `since`. */
  async lastEvent() {
    return (await this.#api.ask("/server")).last_event;
  }

  /** What happens, from the event after `since` on; all of it by default, and then what comes. */
  async *events({ since = 0, stream, follow = true, signal } = {}) {
    const stop = new AbortController();
    const both = signal ? anyOf(signal, stop) : stop.signal;
    try {
      const answer = await this.#api.request("/events", {
        query: { since, stream: stream && this.#whole(stream), follow, vhost: this.#vhost },
        signal: both,
      });
      yield* sentEvents(answer);
    } finally {
      stop.abort();
    }
  }

  // ----------------------------------------------------------------------------------- judging

  /** Judge a stream: `met`, and a verdict for each rule. */
  judge(stream, ...rules) {
    const words = rules.flat();
    const body = { rules: words.filter(isText), table: Object.assign({}, ...words.filter(isTable)) };
    return this.#api.ask(streamPath(this.#whole(stream), "/expect"), { method: "POST", body });
  }

  /** See that a stream is as the rules say; else an error names the first frame that is not. */
  async expect(stream, ...rules) {
    if (rules.flat().length === 0) {
      throw new TypeError(`nothing is expected of ${stream}: say a rule, such as "healthy"`);
    }
    const judged = await this.judge(stream, ...rules);
    if (!judged.met) throw new ExpectationError(judged);
    return judged.verdicts;
  }

  // ------------------------------------------------------------------------------- interfering

  /** Have the server do something wrong from now on: "reset publish after=2s times=1". */
  async fault(text) {
    const whole = this.#vhost === undefined ? text : `${text} vhost=${this.#vhost}`;
    const answer = await this.#api.ask("/faults", { method: "POST", body: { fault: whole } });
    const fault = new Fault(this.#api, answer);
    this.#faults.push(fault);
    return fault;
  }

  /** See that every fault that was asked for so many times was done; else it throws. */
  async checkFaults() {
    for (const fault of this.#faults.filter(({ isRemoved }) => !isRemoved)) {
      await fault.checkTaken();
    }
  }

  /** End whoever publishes a stream; whether there was anybody. */
  async kick(stream, detail = "kicked by the test") {
    return this.#end(streamPath(this.#whole(stream), "/publisher"), detail, "not_published");
  }

  /** End a session by its id; whether it was still open. */
  async endSession(id, detail = "ended by the test") {
    return this.#end(`/sessions/${encodeURIComponent(id)}`, detail, "unknown_session");
  }

  async #end(path, detail, gone) {
    try {
      await this.#api.ask(path, { method: "DELETE", query: { detail } });
      return true;
    } catch (error) {
      if (error.code === gone) return false;
      throw error;
    }
  }

  /** Change settings for what begins from now on: { stream: { gop_cache: "5s" } }. */
  async configure(settings) {
    await this.#api.ask("/config", { method: "PATCH", body: settings });
  }

  /** Have a virtual host of a test's own on it, where tests share a server. */
  async openNamespace({ name = "", settings, faults, ttl, maxSessions } = {}) {
    const body = { name, settings, faults, ttl, max_sessions: maxSessions };
    const made = await this.#api.ask("/namespaces", { method: "POST", body });
    return new Namespace(this.#api, this.#addresses, this.#waitMs, made.name);
  }

  /** Ask the API itself, for what has no method here. */
  ask(path, request) {
    return this.#api.ask(path, request);
  }

  /** Write all that the server knows into a folder: reports, sessions and events, as JSON. */
  async writeFailureReport(folder) {
    await mkdir(folder, { recursive: true });
    const write = (name, value) => writeFile(join(folder, name), JSON.stringify(value, null, 1));
    for (const { name } of await this.streams()) {
      const file = `reports-${name.replace(/[^\w.-]+/g, "_")}.json`;
      const there = await this.reports(name).catch(() => []); // a stream that was only played
      if (there.length) await write(file, there);
    }
    await write("sessions.json", await this.sessions());
    const events = [];
    for await (const event of this.events({ follow: false })) events.push(event);
    await write("events.json", events);
  }
}

/** A virtual host of a test's own, with its own names, settings, limits and faults. */
export class Namespace extends Server {
  #api;
  #name;

  /** Not to be called: `openNamespace` makes one. */
  constructor(api, addresses, waitMs, name) {
    super(api, addresses, waitMs, name);
    this.#api = api;
    this.#name = name;
  }

  get name() {
    return this.#name;
  }

  /** Change settings of its streams: { gop_cache: "5s" }. */
  async configure(settings) {
    await this.#api.ask(`/namespaces/${this.#name}`, { method: "PATCH", body: { settings } });
  }

  /** End all that is in it, for `after`: it throws if anything is left, or a fault was not done. */
  async close() {
    try {
      await this.checkFaults();
    } finally {
      const { left } = await this.#api.ask(`/namespaces/${this.#name}`, { method: "DELETE" });
      if (Object.values(left).some((each) => each.length)) {
        throw new LeftBehindError(this.#name, left);
      }
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }
}

const isText = (rule) => typeof rule === "string";
const isTable = (rule) => !isText(rule);

/** A signal that comes with either of two: AbortSignal.any is of Node 20. */
function anyOf(signal, controller) {
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}

/**
 * Use a server that runs already.
 *
 * @param {string} api where its API is, such as http://127.0.0.1:1985
 */
export async function attach(api, { token, headers = {}, addresses = {}, waitMs = WAIT_MS } = {}) {
  const said = { ...headers, ...(token && { Authorization: `Bearer ${token}` }) };
  const client = new Api(api, said);
  const there = (await client.ask("/server")).addresses;
  const { hostname } = new URL(api);
  for (const protocol of Object.keys(there)) {
    there[protocol] = there[protocol].map((url) => reachedBy(hostname, url));
  }
  return new Server(client, { ...there, ...addresses }, waitMs);
}

/** A server that listens everywhere says the address that is right on its own machine. */
function reachedBy(hostname, url) {
  return url.replace(/^(\w+:\/\/)(127\.0\.0\.1|\[::1\])(?=:|\/|$)/, `$1${hostname}`);
}
