// What can be measured from here, of whatever engine plays.

import { rangeAt } from "./live_edge.js";

export class Measure {
  #video;
  #asked = performance.now();
  #startMs = null;
  #arrivals = []; // [media time that had come, when]
  #progress = () => this.#note();
  #started = () => { this.#startMs ??= performance.now() - this.#asked; };

  constructor(video) {
    this.#video = video;
    video.addEventListener("progress", this.#progress);
    // A picture is on the screen when its frame is; sound alone has none.
    video.requestVideoFrameCallback?.(this.#started);
    this.#playing = () => { if (!video.videoWidth || !video.requestVideoFrameCallback) this.#started(); };
    video.addEventListener("playing", this.#playing);
  }

  #playing;

  stop() {
    this.#video.removeEventListener("progress", this.#progress);
    this.#video.removeEventListener("playing", this.#playing);
  }

  #note() {
    const { buffered } = this.#video;
    const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
    if (end > (this.#arrivals.at(-1)?.[0] ?? 0)) {
      this.#arrivals.push([end, performance.now()]);
    }
  }

  // How long ago what is shown now came here, in seconds; null before anything is shown.
  #delay() {
    const shown = this.#video.currentTime;
    while (this.#arrivals.length && this.#arrivals[0][0] < shown) {
      this.#arrivals.shift();
    }
    const arrival = this.#arrivals[0];
    return arrival && this.#startMs !== null ? (performance.now() - arrival[1]) / 1000 : null;
  }

  // As of now: times in seconds, null where it is not known.
  read() {
    this.#note();
    const range = rangeAt(this.#video);
    const quality = this.#video.getVideoPlaybackQuality();
    return {
      start: this.#startMs === null ? null : this.#startMs / 1000,
      delay: this.#delay(),
      buffer: range ? range.end - this.#video.currentTime : null,
      frames: quality.totalVideoFrames,
      dropped: quality.droppedVideoFrames,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
    };
  }
}
