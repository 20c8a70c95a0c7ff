/** A server in a process of its own, for a test file. */

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { Api } from "./api.js";
import { NoAnswerError, ServerEndedError } from "./errors.js";
import { Publisher } from "./publisher.js";
import { Server, WAIT_MS } from "./server.js";
import { configurationFile, laidOver, TEST_SETTINGS } from "./settings.js";

const START_MS = 30_000;
const MOST_LOG = 1 << 20;
const LAST_LINES = 10;
const WRONG_PYTHON =
  "\nlet PYTHON be the Python that trio-srs[api] is installed for, or say `command` to startServer";

/** How trio-srs is run, unless it is said: by the Python that it is installed for. */
const ourCommand = () => [process.env.PYTHON ?? "python3", "-m", "trio_srs"];

export class ServerProcess extends Server {
  #child;
  #command;
  #publishers = [];

  /** Not to be called: `startServer` makes one. */
  constructor(command, child, ready, waitMs) {
    super(new ApiOf(child, ready.api[0]), addressesOf(ready), waitMs);
    this.#command = command;
    this.#child = child;
  }

  get pid() {
    return this.#child.process.pid;
  }

  /** What it has logged so far, the newest megabyte of it; also when it has ended. */
  get log() {
    return this.#child.log;
  }

  /** Publish a made-up stream, for tests of players: it goes on until it is stopped. */
  startPublisher(stream, { pattern = "h264:320x180@25", seconds, options = [] } = {}) {
    const words = ["publish", "--pattern", pattern, "--quiet", ...options];
    if (seconds !== undefined) words.push(`--seconds=${seconds}`);
    const publisher = new Publisher([...this.#command, ...words, this.url(stream)]);
    this.#publishers.push(publisher);
    return publisher;
  }

  /**
   * Stop it, for `after`. Idempotent. It throws if it had ended before by itself, or if a fault
   * that was asked for so many times was never done.
   */
  async stop() {
    if (this.#child.isAskedToEnd) return;
    try {
      if (this.#child.isOver) throw this.#child.ended();
      await this.checkFaults();
    } finally {
      await this.kill("SIGTERM");
    }
  }

  /** End it as `kill -9` does, to see what its peers make of that. */
  async kill(signal = "SIGKILL") {
    await this.#child.end(signal);
    await Promise.all(this.#publishers.map((publisher) => publisher.stop()));
  }

  async writeFailureReport(folder) {
    await super.writeFailureReport(folder);
    await writeFile(join(folder, "server.log"), this.log);
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }
}

/** Start a server on free ports of 127.0.0.1, and have it when it is ready. */
export async function startServer({
  settings = {},
  command = ourCommand(),
  waitMs = WAIT_MS,
} = {}) {
  const folder = await mkdtemp(join(tmpdir(), "trio-srs-"));
  try {
    const file = join(folder, "config.toml");
    await writeFile(file, configurationFile(laidOver(TEST_SETTINGS, settings)));
    const child = new Child([...command, "serve", file]);
    return new ServerProcess(command, child, await child.ready(), waitMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An API whose server is a child: that it has ended says more than that nobody answers. */
class ApiOf extends Api {
  constructor(child, base) {
    super(base);
    this.child = child;
  }

  async request(path, request) {
    try {
      return await super.request(path, request);
    } catch (error) {
      if (error instanceof NoAnswerError && (await this.child.hasEnded())) throw this.child.ended();
      throw error;
    }
  }
}

/** The process, its ready line and its log. */
class Child {
  log = "";
  isOver = false;
  isAskedToEnd = false;
  #exit;

  constructor(words) {
    this.words = words;
    this.process = spawn(words[0], words.slice(1), {
      env: withoutOurs(process.env), // neither the environment nor a file has any influence
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stderr.setEncoding("utf8").on("data", (text) => {
      this.log = (this.log + text).slice(-MOST_LOG);
    });
    this.#exit = new Promise((resolve) => {
      this.process.once("error", (error) => resolve(`could not be started: ${error.message}`));
      this.process.once("close", (code, signal) => resolve(`ended with ${signal ?? code}`));
    }).then((how) => {
      this.isOver = true;
      this.how = how;
    });
  }

  /** What its ready line says. */
  async ready() {
    const lines = createInterface(this.process.stdout);
    let timer;
    const line = await Promise.race([
      new Promise((resolve) => lines.once("line", resolve)),
      this.#exit,
      new Promise((resolve) => (timer = setTimeout(resolve, START_MS))),
    ]);
    clearTimeout(timer);
    if (line === undefined) {
      const how = this.isOver ? this.how : `was not ready within ${START_MS / 1000} s`;
      this.how = how;
      this.process.kill("SIGKILL");
      throw this.ended();
    }
    lines.on("line", () => {}); // it says no more, and may not wait for who reads it
    for (const each of [this.process, this.process.stdout, this.process.stderr]) each.unref();
    return JSON.parse(line);
  }

  /** Whether it has, or is about to: its ports are closed before it is gone. */
  async hasEnded() {
    await Promise.race([this.#exit, new Promise((resolve) => setTimeout(resolve, 100))]);
    return this.isOver;
  }

  /** The error that it has ended, with the end of its log. */
  ended() {
    const last = this.log.trimEnd().split("\n").slice(-LAST_LINES);
    const said = last.join("\n") && `:\n${last.join("\n")}`;
    const hint = /No module named .?trio_srs/.test(this.log) ? WRONG_PYTHON : "";
    return new ServerEndedError(`the server (${this.words.join(" ")}) ${this.how}${said}${hint}`);
  }

  async end(signal) {
    this.isAskedToEnd = true;
    if (this.isOver) return;
    for (const each of [this.process, this.process.stdout, this.process.stderr]) each.ref();
    this.process.kill(signal);
    await this.#exit;
  }
}

function withoutOurs(environ) {
  return Object.fromEntries(
    Object.entries(environ).filter(([name]) => !/^TRIO_SRS_/.test(name)),
  );
}

function addressesOf({ rtmp, rtmps, http, https, api }) {
  return { rtmp, rtmps, http, https, api };
}
