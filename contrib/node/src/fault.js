/** Something that the server does wrong on purpose, until it is taken back. */

import { FaultNotTakenError } from "./errors.js";

export class Fault {
  #api;
  #last;
  #removed = false;

  /** @param {import("./api.js").Api} api @param {{name: string, fault: string, met: number, taken: number}} answer */
  constructor(api, answer) {
    this.#api = api;
    this.#last = answer;
  }

  /** What the server calls it, in events and reports. */
  get name() {
    return this.#last.name;
  }

  /** It, as it is written. */
  get text() {
    return this.#last.fault;
  }

  get isRemoved() {
    return this.#removed;
  }

  /** How often it was done. */
  async taken() {
    return (await this.#look()).taken;
  }

  /** How often somebody came whom it fits, be it done or not. */
  async met() {
    return (await this.#look()).met;
  }

  /** Do it no more; what of it still goes on ends. */
  async remove() {
    if (this.#removed) return;
    const path = `/faults/${encodeURIComponent(this.name)}`;
    this.#last = await this.#api.ask(path, { method: "DELETE" });
    this.#removed = true;
  }

  /** See that it was done, if it was asked for so many times; else it throws. */
  async checkTaken() {
    const last = await this.#look();
    if (/\stimes=/.test(last.fault) && last.taken === 0) throw new FaultNotTakenError(last);
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.remove();
    await this.checkTaken();
  }

  async #look() {
    if (!this.#removed) {
      const { faults } = await this.#api.ask("/faults");
      this.#last = faults.find(({ name }) => name === this.name) ?? this.#last;
    }
    return this.#last;
  }
}
