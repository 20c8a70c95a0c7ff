/**
 * What can go wrong. The first line of each message is the first thing that is wrong.
 *
 * None is an AssertionError of Node's: Jest would put lines of its own in front of what it says.
 */

/** The server refused what it was asked for. */
export class RefusedError extends Error {
  name = "RefusedError";

  /** @param {number} status @param {{code: string, message: string, where: string}} said */
  constructor(status, said) {
    super(`${said.message} (${said.code}${said.where && `, ${said.where}`})`);
    this.status = status;
    this.code = said.code;
    this.where = said.where;
  }
}

/** The server does not answer at all. */
export class NoAnswerError extends Error {
  name = "NoAnswerError";
}

/** The server's process has ended, or never came up. */
export class ServerEndedError extends NoAnswerError {
  name = "ServerEndedError";
}

/** What a test waited for did not come; the message says what did happen. */
export class NotInTimeError extends Error {
  name = "NotInTimeError";

  /** @param {{message: string, reached: object}} said */
  constructor(said) {
    super(said.message);
    this.reached = said.reached;
  }
}

/** A stream is not as a test expects it. */
export class ExpectationError extends Error {
  name = "ExpectationError";

  /** @param {{stream: string, verdicts: {met: boolean, message: string}[]}} judged */
  constructor(judged) {
    const wrong = judged.verdicts.filter(({ met }) => !met);
    const [first, ...others] = wrong.map(({ message }) => message);
    const lines = others.map((message) => `  ${message}`);
    const count = `  (of ${judged.stream} ${wrong.length} of ${judged.verdicts.length} expectations are not met)`;
    super([first, ...lines, count].join("\n"));
    this.verdicts = judged.verdicts;
  }
}

/** A fault that was asked for so many times was never done. */
export class FaultNotTakenError extends Error {
  name = "FaultNotTakenError";

  /** @param {{name: string, fault: string, met: number}} last */
  constructor({ name, fault, met }) {
    const whom = met ? `${met} of those who came` : "nobody who came";
    super(`${name}, "${fault}", was never done: it fitted ${whom}`);
  }
}

/** A namespace has ended, and not given back all that was in it. */
export class LeftBehindError extends Error {
  name = "LeftBehindError";

  /** @param {string} name @param {Record<string, string[]>} left */
  constructor(name, left) {
    const what = Object.entries(left).filter(([, each]) => each.length);
    const words = what.map(([kind, each]) => `${kind} ${each.join(", ")}`).join("; ");
    super(`the namespace ${name} has ended, and left ${words}`);
    this.left = left;
  }
}
