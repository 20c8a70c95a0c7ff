// HLS by hls.js: whatever this browser itself makes of a playlist is not asked.

import { HLS } from "./ways.js";

const LASTS_MS = 8000; // what breaks again sooner was not mended
const MOST_TIMES = 4; // and is mended no more often
const AGAIN_MS = 2000;
const FASTER = 1.1;

// What the server said of a request that it refused; empty where it said nothing.
function reasonOf(request) {
  try {
    const { response } = request;
    const text = typeof response === "string" ? response : new TextDecoder().decode(response);
    return JSON.parse(text).detail;
  } catch {
    return "";
  }
}

// A request that waits for a stream is one, however long that takes; no is said once.
const PATIENT = { default: { maxTimeToFirstByteMs: Infinity, maxLoadTimeMs: 60000, timeoutRetry: null, errorRetry: null } };

export class HlsEngine {
  #hls = null;
  #video;
  #stopped = false;
  #brokeAt = -Infinity;
  #times = 0; // that it was mended in vain
  #timer = 0;
  #tracks = {};

  constructor(video, url, told, way) {
    this.#video = video;
    video.onended = () => told.ended("");
    import("./vendor/hls.min.mjs").then(
      ({ default: Hls }) => this.#stopped || this.#begin(Hls, url, told, way),
      () => told.failed(`${HLS} did not load`),
    );
  }

  #begin(Hls, url, told, way) {
    const { Events } = Hls;
    this.#hls = new Hls({
      enableWorker: false, // of it there is none beside its module
      lowLatencyMode: way.lowLatency,
      maxLiveSyncPlaybackRate: FASTER,
      manifestLoadPolicy: PATIENT,
    });
    this.#hls.on(Events.BUFFER_CODECS, (_, { video, audio }) => { // together, or one after the other
      this.#tracks = { ...this.#tracks, ...(video && { video }), ...(audio && { audio }) };
      const known = [this.#tracks.video, this.#tracks.audio].filter(Boolean);
      told.playing(known.map(({ codec, levelCodec }) => ({ codec: codec || levelCodec })));
    });
    this.#hls.on(Events.ERROR, (_, error) => {
      if (error.fatal && error.type === Hls.ErrorTypes.NETWORK_ERROR) {
        told.failed(reasonOf(error.networkDetails));
      } else if (error.fatal && !this.#mend(() => this.#begin(Hls, url, told, way))) {
        told.failed(`${HLS} says ${error.details}`);
      }
    });
    this.#hls.loadSource(url);
    this.#hls.attachMedia(this.#video);
    this.#play();
  }

  #play() {
    this.#video.play().catch(() => {}); // as soon as there is something; who may not gets the button
  }

  // Go on behind what broke, and if that breaks, too, begin anew: another publisher may have other
  // codecs, and only the first playlist says which. Whether it is tried.
  #mend(begin) {
    const now = performance.now();
    this.#times = now - this.#brokeAt < LASTS_MS ? this.#times + 1 : 0;
    this.#brokeAt = now;
    if (this.#times === 0) {
      this.#hls.recoverMediaError();
      this.#play();
    } else if (this.#times <= MOST_TIMES) {
      this.#hls.destroy();
      this.#tracks = {};
      this.#timer = setTimeout(begin, AGAIN_MS);
    }
    return this.#times <= MOST_TIMES;
  }

  behind() {
    return this.#hls?.latestLevelDetails ? this.#hls.latency : null;
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#video.onended = null;
    this.#hls?.destroy();
    this.#hls = null;
  }
}
