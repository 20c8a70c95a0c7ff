/** Test encoders and players against trio-srs, a live media server. See README.md. */

/** The settings of a server: sections, each with its keys, as in a configuration file. */
export type Settings = Record<string, Record<string, unknown>>;

/** A rule as text, `video.fps ~ 25`, or rules as a table, `{ video: { fps: "~ 25" } }`. */
export type Rule = string | Record<string, unknown>;

export interface StartOptions {
  /** What differs from the settings for tests: `{ stream: { publish_busy: "replace" } }`. */
  settings?: Settings;
  /** How to run trio-srs: `["python3", "-m", "trio_srs"]`, with PYTHON for python3. */
  command?: string[];
  /** How long a wait is that does not say: 4000 ms. */
  waitMs?: number;
}

export interface AttachOptions {
  /** What `api.token` is there. */
  token?: string;
  /** What else to say in each request. */
  headers?: Record<string, string>;
  /** Where it is reached, by protocol, if not where it says: `{ rtmp: ["rtmp://host:1935"] }`. */
  addresses?: Addresses;
  /** How long a wait is that does not say: 4000 ms. */
  waitMs?: number;
}

/** The URLs that a server listens on. */
export interface Addresses {
  rtmp?: string[];
  rtmps?: string[];
  http?: string[];
  https?: string[];
  api?: string[];
}

export interface WaitOptions {
  timeoutMs?: number;
  /** The number of the event after which it has to happen: `lastEvent()` gives one. */
  since?: number;
  signal?: AbortSignal;
}

/** How far a stream has come. */
export interface Reached {
  stream: string;
  until: string;
  met: boolean;
  publishing: boolean;
  publishes: number;
  frames: number;
  keyframes: number;
  waited_s: number;
  happened: string[];
}

/** What became of one rule. */
export interface Verdict {
  rule: string;
  met: boolean;
  expected: string;
  seen: string;
  track: "video" | "audio" | null;
  /** Of the first offending frame: how many its track had before it. */
  index: number | null;
  timestamp_ms: number | null;
  /** All of it in a sentence. */
  message: string;
}

export interface Judged {
  met: boolean;
  stream: string;
  session: string;
  end: string | null;
  verdicts: Verdict[];
}

/** All about one publish; the server's reference has the facts. */
export interface StreamReport {
  stream: string;
  session: string;
  peer: string;
  began_at: number;
  facts: { tracks: Record<string, unknown>[]; [fact: string]: unknown };
  timeline: { at_s: number; what: string; detail: string }[];
  conduct: Record<string, unknown>;
  end: string | null;
  end_detail: string;
  [more: string]: unknown;
}

/** Who is or was connected. */
export interface Session {
  id: string;
  protocol: string;
  peer: string;
  requests: { what: string; stream: string; outcome: string; [more: string]: unknown }[];
  end: string | null;
  [more: string]: unknown;
}

/** A stream as it is now. */
export interface Stream {
  name: string;
  publishing: boolean;
  players: number;
  frames: number;
  keyframes: number;
  [more: string]: unknown;
}

/** Something that happened. */
export interface SentEvent {
  number: number;
  at: number;
  event: string;
  session?: string;
  stream?: string;
  [more: string]: unknown;
}

export interface ApiRequest {
  method?: string;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Something that the server does wrong on purpose. */
export class Fault implements AsyncDisposable {
  private constructor();
  /** What the server calls it, in events and reports. */
  readonly name: string;
  /** It, as it is written. */
  readonly text: string;
  readonly isRemoved: boolean;
  /** How often it was done. */
  taken(): Promise<number>;
  /** How often somebody came whom it fits, be it done or not. */
  met(): Promise<number>;
  /** Do it no more; what of it still goes on ends. */
  remove(): Promise<void>;
  /** Throws FaultNotTakenError if it was asked for so many times and never done. */
  checkTaken(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server that runs. All that waits, judges or asks rejects with the errors below. */
export class Server {
  protected constructor();
  readonly addresses: Addresses;
  /** The URL to publish or play a stream at, `live/cam1`. */
  url(stream: string, protocol?: keyof Addresses): string;
  /** The URL of a stream over HTTP: `live/cam1.flv`, `.ts` or `.mp4`. */
  httpUrl(path: string): string;
  hlsUrl(stream: string): string;
  dashUrl(stream: string): string;
  waitForPublish(stream: string, options?: WaitOptions): Promise<Reached>;
  waitForKeyframe(stream: string, options?: WaitOptions): Promise<Reached>;
  /** Frames of video, or of audio where there is no video. */
  waitForFrames(stream: string, count: number, options?: WaitOptions): Promise<Reached>;
  /** Wait until a publish has ended, and have its whole report. */
  waitForEnd(stream: string, options?: WaitOptions): Promise<StreamReport>;
  waitForHls(stream: string, options?: WaitOptions): Promise<Reached>;
  waitForDash(stream: string, options?: WaitOptions): Promise<Reached>;
  /** Of the publish that goes on, or else the last one that ended. */
  report(stream: string): Promise<StreamReport>;
  /** Of every publish, the oldest first. */
  reports(stream: string): Promise<StreamReport[]>;
  streams(filter?: Record<string, unknown>): Promise<Stream[]>;
  sessions(filter?: Record<string, unknown>): Promise<Session[]>;
  lastEvent(): Promise<number>;
  events(options?: {
    since?: number;
    stream?: string;
    follow?: boolean;
    signal?: AbortSignal;
  }): AsyncGenerator<SentEvent, void, void>;
  /** Judge a stream; `met` says whether it is as the rules say. */
  judge(stream: string, ...rules: (Rule | Rule[])[]): Promise<Judged>;
  /** See that it is; else ExpectationError names the first frame that is not. */
  expect(stream: string, ...rules: (Rule | Rule[])[]): Promise<Verdict[]>;
  /** Have the server do something wrong: `reset publish after=2s times=1`. */
  fault(text: string): Promise<Fault>;
  /** Throws FaultNotTakenError if one was asked for so many times and never done. */
  checkFaults(): Promise<void>;
  /** End whoever publishes a stream; whether there was anybody. */
  kick(stream: string, detail?: string): Promise<boolean>;
  /** End a session by its id; whether it was still open. */
  endSession(id: string, detail?: string): Promise<boolean>;
  /** Change settings for what begins from now on. */
  configure(settings: Record<string, unknown>): Promise<void>;
  /** Have a virtual host of a test's own on it, where tests share a server. */
  openNamespace(options?: {
    /** One is made up if it is left out. */
    name?: string;
    /** What holds in it: `{ publish_busy: "replace" }`. */
    settings?: Record<string, unknown>;
    faults?: string[];
    /** Seconds after which it ends if nobody is in it and nobody asks about it: 600. */
    ttl?: number;
    maxSessions?: number;
  }): Promise<Namespace>;
  /** Ask the HTTP API: `path` is what comes behind /api/v2. */
  ask(path: string, request?: ApiRequest): Promise<unknown>;
  /** Write down all that the server knows: reports, sessions, events and its log. */
  writeFailureReport(folder: string): Promise<void>;
}

/** A virtual host of a test's own: streams are named in it as if it was a server. */
export class Namespace extends Server implements AsyncDisposable {
  private constructor();
  readonly name: string;
  /** End all that is in it; throws if anything is left, or a fault was never done. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A publisher of a made-up stream. */
export class Publisher {
  private constructor();
  /** Its exit code, or the name of the signal that ended it, when it has ended. */
  readonly ended: Promise<number | string>;
  /** What it has said of what went wrong. */
  readonly errors: string;
  /** End its publish in good order. */
  stop(): Promise<void>;
}

/** A server in a process of its own, which ends with this one, however that ends. */
export class ServerProcess extends Server implements AsyncDisposable {
  private constructor();
  readonly pid: number;
  /** What it has logged so far, the newest megabyte of it. */
  readonly log: string;
  /** Publish a made-up stream, for tests of players. */
  startPublisher(
    stream: string,
    options?: {
      /** `h264:640x360@25`, `hevc` or `av1`. */
      pattern?: string;
      seconds?: number;
      /** More options of `trio-srs publish`. */
      options?: string[];
    },
  ): Publisher;
  /** Stop it: for `after`. Throws if it had ended by itself, or a fault was never done. */
  stop(): Promise<void>;
  /** End it as `kill -9` does. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Start a server on free ports of 127.0.0.1, and have it when it is ready. */
export function startServer(options?: StartOptions): Promise<ServerProcess>;

/** Use a server that runs already: `api` is where its API is, `http://127.0.0.1:1985`. */
export function attach(api: string, options?: AttachOptions): Promise<Server>;

/** The server refused what it was asked for. */
export class RefusedError extends Error {
  private constructor();
  readonly status: number;
  /** A word that never changes once released. */
  readonly code: string;
  /** The part of the request that it is about. */
  readonly where: string;
}

/** The server does not answer. */
export class NoAnswerError extends Error {}

/** The server's process has ended, or never came up; the message has the end of its log. */
export class ServerEndedError extends NoAnswerError {}

/** What was waited for did not come; the message says what did happen. */
export class NotInTimeError extends Error {
  readonly reached: Reached;
}

/** A stream is not as it is expected; the first line is the first rule that is not met. */
export class ExpectationError extends Error {
  readonly verdicts: Verdict[];
}

/** A fault that was asked for so many times was never done. */
export class FaultNotTakenError extends Error {}

/** A namespace has ended, and not given back all that was in it. */
export class LeftBehindError extends Error {
  readonly left: Record<string, string[]>;
}
