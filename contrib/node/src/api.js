/** The HTTP API of a server, /api/v2: one question, one answer. */

import { NoAnswerError, NotInTimeError, RefusedError } from "./errors.js";

const WAIT_TIMEOUT = "wait_timeout";

export class Api {
  /**
   * @param {string} base where the server's API is, such as http://127.0.0.1:1985
   * @param {Record<string, string>} headers what else to say in each request
   */
  constructor(base, headers = {}) {
    this.base = base.replace(/\/+$/, "");
    this.headers = headers;
  }

  /**
   * Ask, and have the answer. An answer that is an error is thrown, with what the server says.
   *
   * @param {string} path behind /api/v2
   * @param {{method?: string, query?: object, body?: unknown, signal?: AbortSignal}} request
   */
  async ask(path, request = {}) {
    const answer = await this.request(path, request);
    return answer.status === 204 ? undefined : answer.json();
  }

  /** Ask, and have the answer's head; its body is still to be read. */
  async request(path, { method = "GET", query = {}, body, signal } = {}) {
    const url = new URL(`${this.base}/api/v2${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = { ...this.headers };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const options = { method, headers, body: body && JSON.stringify(body), signal };
    const answer = await fetch(url, options).catch((error) => {
      if (signal?.aborted) throw error;
      throw new NoAnswerError(
        `the server at ${this.base} does not answer: ${error.cause?.message ?? error.message}`,
        { cause: error },
      );
    });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

/** The error that an answer is. */
async function refusal(answer) {
  const text = await answer.text();
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    const message = `${answer.url} answered ${answer.status}, and no JSON: ${text.slice(0, 200)}`;
    return new NoAnswerError(message);
  }
  return said.code === WAIT_TIMEOUT ? new NotInTimeError(said) : new RefusedError(answer.status, said);
}

/** The path of a stream in the API: the first of its name, and the rest in one piece. */
export function streamPath(stream, last = "") {
  const [app, ...name] = stream.split("/");
  return `/streams/${encodeURIComponent(app)}/${encodeURIComponent(name.join("/"))}${last}`;
}

/** `live/cam1` of itself, of /live/cam1, and of a whole URL. */
export function pathOf(stream) {
  const path = stream.includes("://") ? stream.split("/").slice(3).join("/") : stream;
  return path.replace(/^\/+/, "").replace(/\?.*$/, "");
}
