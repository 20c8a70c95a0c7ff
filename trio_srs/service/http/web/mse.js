// fMP4 in WebSocket messages, handed to the browser by Media Source Extensions. Each message is an
// init segment, or a fragment (moof and mdat); a new init segment says that something changed.

import { boxes, tracksOf, typeOfTracks } from "./mp4.js";

const KEEP_S = 10; // behind what is shown
const TRIM_S = 30; // when so much is there, it is cut to what is kept
const Source = self.ManagedMediaSource ?? self.MediaSource;

export class MseEngine {
  #video;
  #told;
  #socket;
  #source = null;
  #buffer = null;
  #tracks = [];
  #waiting = [];
  #opened = false;

  // told: { playing(about), failed(why), ended(why) }
  constructor(video, url, told) {
    this.#video = video;
    this.#told = told;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => { this.#opened = true; };
    this.#socket.onmessage = (event) => this.#take(event.data);
    this.#socket.onclose = (event) => {
      if (this.#opened) {
        told.ended(event.reason.replaceAll("_", " "));
      } else {
        told.failed("");
      }
    };
  }

  stop() {
    this.#socket.onclose = this.#socket.onmessage = null;
    this.#socket.close();
    this.#waiting = [];
    this.#release();
  }

  #take(data) {
    const view = new DataView(data);
    const [first] = boxes(view).next().value ?? [""];
    if (first === "ftyp") {
      this.#waiting.push({ data, tracks: tracksOf(view) });
    } else if (this.#waiting.length || this.#tracks.length) {
      this.#waiting.push({ data });
    }
    this.#append();
  }

  // Append what waits, one after the other: a SourceBuffer takes one thing at a time.
  #append() {
    while (this.#waiting.length && !this.#buffer?.updating) {
      const [next] = this.#waiting;
      try {
        if (next.tracks && !this.#prepare(next.tracks)) {
          return; // the source opens first
        }
        if (this.#trim()) {
          return;
        }
        this.#buffer.appendBuffer(next.data);
        this.#waiting.shift();
      } catch (error) {
        this.#told.failed(error.name === "NotSupportedError" ? `this browser does not play ${typeOfTracks(next.tracks)}` : error.message);
        this.stop();
      }
    }
  }

  // Be ready for these tracks; whether that is so already.
  #prepare(tracks) {
    const type = typeOfTracks(tracks);
    const kinds = (list) => list.map((track) => track.kind).join();
    if (this.#buffer && kinds(tracks) === kinds(this.#tracks)) {
      this.#buffer.changeType(type);
    } else if (this.#source?.readyState === "open" && !this.#buffer) {
      this.#buffer = this.#source.addSourceBuffer(type);
      this.#buffer.onupdateend = () => this.#append();
      this.#buffer.onerror = () => this.#told.failed(this.#video.error?.message ?? "what came cannot be read");
    } else {
      this.#open(); // anew if there was one: another number of tracks is another buffer
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
    this.#buffer = null;
    if (this.#video.src.startsWith("blob:")) {
      URL.revokeObjectURL(this.#video.src);
      this.#video.removeAttribute("src");
      this.#video.load();
    }
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
}
