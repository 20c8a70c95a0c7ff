// fMP4 handed to the browser by Media Source Extensions: init segments and fragments, one after the
// other. A new init segment says that something changed.

import { boxes, tracksOf, typeOfTracks } from "./mp4.js";
import { fromAnswer, fromSocket } from "./segments.js";

const KEEP_S = 10; // behind what is shown
const LEAST_KEEP_S = 1; // if the browser has no room for so much
const TRIM_S = 30; // when so much is there, it is cut to what is kept
const Source = self.ManagedMediaSource ?? self.MediaSource;
const kinds = (tracks) => tracks.map((track) => track.kind).join();

export class MseEngine {
  #video;
  #told;
  #cutOff;
  #source = null;
  #buffer = null;
  #tracks = [];
  #waiting = [];

  // told: { playing(tracks), failed(why), ended(why) }
  constructor(video, url, told, way) {
    this.#video = video;
    this.#told = told;
    const open = way.socket ? fromSocket : fromAnswer;
    this.#cutOff = open(url, { ...told, taken: (segment) => this.#take(segment) });
  }

  stop() {
    this.#cutOff();
    this.#waiting = [];
    this.#release();
  }

  #take(segment) {
    const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
    const [first] = boxes(view).next().value ?? [""];
    if (first === "ftyp") {
      this.#waiting.push({ segment, tracks: tracksOf(view) });
    } else {
      this.#waiting.push({ segment });
    }
    this.#append();
  }

  // Append what waits, one after the other: a SourceBuffer takes one thing at a time.
  #append() {
    const [next] = this.#waiting;
    if (!next || this.#buffer?.updating) {
      return;
    }
    try {
      if ((next.tracks && !this.#prepare(next.tracks)) || this.#trim()) {
        return; // it goes on when that is done
      }
      this.#buffer.appendBuffer(next.segment);
      this.#waiting.shift();
    } catch (error) {
      if (error.name === "QuotaExceededError" && this.#makeRoom()) {
        return;
      }
      const isUnknown = error.name === "NotSupportedError";
      this.#fail(isUnknown ? `this browser does not play ${typeOfTracks(next.tracks)}` : error.message);
    }
  }

  #fail(why) {
    this.stop();
    this.#told.failed(why);
  }

  // Be ready for these tracks; whether that is so already.
  #prepare(tracks) {
    const type = typeOfTracks(tracks);
    if (this.#buffer && kinds(tracks) === kinds(this.#tracks)) {
      this.#buffer.changeType(type);
    } else if (this.#source?.readyState === "open" && !this.#buffer) {
      this.#buffer = this.#source.addSourceBuffer(type);
      this.#buffer.onupdateend = () => this.#append();
      this.#buffer.onerror = () => this.#fail(this.#video.error?.message ?? "what came cannot be read");
    } else {
      this.#open(); // anew if there was one: it takes as many tracks as it began with
      return false;
    }
    this.#tracks = tracks;
    this.#told.playing(tracks);
    return true;
  }

  #open() {
    this.#release();
    this.#source = new Source();
    this.#source.onsourceopen = () => this.#append();
    this.#video.disableRemotePlayback = true; // Safari asks for that
    this.#video.src = URL.createObjectURL(this.#source);
    this.#video.play().catch(() => {}); // whoever may not play by himself gets the button
  }

  #release() {
    if (this.#buffer) {
      this.#buffer.onupdateend = this.#buffer.onerror = null;
    }
    if (this.#source) {
      this.#source.onsourceopen = null;
      URL.revokeObjectURL(this.#video.src);
      this.#video.removeAttribute("src");
      this.#video.load();
    }
    this.#buffer = this.#source = null;
  }

  // Let go what has been shown; whether that goes on now.
  #trim() {
    const { buffered } = this.#buffer;
    const shown = this.#video.currentTime;
    if (!buffered.length || shown - buffered.start(0) < TRIM_S) {
      return false;
    }
    this.#buffer.remove(0, shown - KEEP_S);
    return true;
  }

  // Let go more, as the browser takes no more; whether that goes on now. Where nothing of it has been
  // shown, somebody paused: who then goes on is taken to what is live.
  #makeRoom() {
    const { buffered } = this.#buffer;
    if (!buffered.length) {
      return false;
    }
    const shown = this.#video.currentTime - LEAST_KEEP_S;
    this.#buffer.remove(0, buffered.start(0) < shown ? shown : Infinity);
    return true;
  }
}
