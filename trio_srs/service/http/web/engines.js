// What plays: the browser alone, the browser fed by this page, or a player of others. Each is made
// with a video element, a URL, and whom to tell; stop() leaves the element as it was.

import { MseEngine } from "./mse.js";
import { MPEGTS } from "./ways.js";

class VideoEngine {
  #video;

  constructor(video, url, told) {
    this.#video = video;
    video.onerror = () => told.failed(video.error?.message ?? "");
    video.onended = () => told.ended("");
    video.src = url;
    video.play().catch(() => {}); // whoever may not play by himself gets the button
  }

  stop() {
    this.#video.onerror = this.#video.onended = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

// It comes as a script and not as a module: it is loaded when it is first wanted.
function loadMpegts() {
  if (self.mpegts) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `vendor/${MPEGTS}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${MPEGTS} did not load`));
    document.head.append(script);
  });
}

class MpegtsEngine {
  #player = null;
  #stopped = false;

  constructor(video, url, told, way) {
    loadMpegts().then(() => this.#stopped || this.#begin(video, url, told, way), (error) => told.failed(error.message));
  }

  #begin(video, url, told, way) {
    const { mpegts } = self;
    mpegts.LoggingControl.enableAll = false;
    const source = { type: way.type, isLive: true, url };
    // What comes is shown at once; this page itself keeps up with what is live.
    this.#player = mpegts.createPlayer(source, { enableStashBuffer: false, autoCleanupSourceBuffer: true });
    this.#player.on(mpegts.Events.ERROR, (type, detail, about) => {
      told.failed(type === mpegts.ErrorTypes.NETWORK_ERROR ? "" : `${MPEGTS} says ${about?.msg ?? detail}`);
    });
    this.#player.on(mpegts.Events.LOADING_COMPLETE, () => told.ended(""));
    this.#player.on(mpegts.Events.MEDIA_INFO, ({ videoCodec, audioCodec }) => {
      told.playing([videoCodec, audioCodec].filter(Boolean).map((codec) => ({ codec })));
    });
    this.#player.attachMediaElement(video);
    this.#player.load();
    this.#player.play()?.catch(() => {});
  }

  stop() {
    this.#stopped = true;
    this.#player?.destroy();
    this.#player = null;
  }
}

export const ENGINES = { mse: MseEngine, video: VideoEngine, [MPEGTS]: MpegtsEngine };
