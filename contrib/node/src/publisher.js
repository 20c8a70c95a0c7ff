/** A publisher of a made-up stream, in a process of its own. */

import { spawn } from "node:child_process";

export class Publisher {
  #process;
  #ended;
  #said = "";

  /** @param {string[]} words */
  constructor(words) {
    this.#process = spawn(words[0], words.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    this.#process.stderr.setEncoding("utf8").on("data", (text) => (this.#said += text));
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", (error) => resolve(error.message));
      this.#process.once("close", (code, signal) => resolve(signal ?? code));
    });
    // Whoever forgets it is not kept from ending.
    for (const each of [this.#process, this.#process.stderr]) each.unref();
  }

  /** Its exit code, or the name of the signal that ended it, when it has ended. */
  get ended() {
    for (const each of [this.#process, this.#process.stderr]) each.ref();
    return this.#ended;
  }

  /** What it has said of what went wrong. */
  get errors() {
    return this.#said;
  }

  /** End its publish in good order. */
  async stop() {
    this.#process.kill("SIGINT");
    await this.ended;
  }
}
