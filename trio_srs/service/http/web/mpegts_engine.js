// FLV and TS by mpegts.js.

import { MPEGTS } from "./ways.js";

const STANDS_MS = 2000; // nothing more to show for so long, although something comes

// It comes as a script and not as a module: it is loaded when it is first wanted.
function load() {
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

export class MpegtsEngine {
  #player = null;
  #stopped = false;
  #isKnown = false; // what is in the stream
  #end = 0; // of what there is to show,
  #grewAt = 0; // and when it was less

  constructor(video, url, told, way) {
    load().then(() => this.#stopped || this.#begin(video, url, told, way), (error) => told.failed(error.message));
  }

  #begin(video, url, told, way) {
    const { mpegts } = self;
    mpegts.LoggingControl.enableAll = false;
    const source = { type: way.type, isLive: true, url };
    this.#end = 0;
    this.#grewAt = performance.now();
    // What comes is shown at once; this page itself keeps up with what is live.
    this.#player = mpegts.createPlayer(source, { enableStashBuffer: false, autoCleanupSourceBuffer: true });
    this.#player.on(mpegts.Events.ERROR, (type, detail, about) => {
      told.failed(type === mpegts.ErrorTypes.NETWORK_ERROR ? "" : `${MPEGTS} says ${about?.msg ?? detail}`);
    });
    // A WebSocket that was refused is complete, too.
    this.#player.on(mpegts.Events.LOADING_COMPLETE, () => (this.#isKnown ? told.ended("") : told.failed("")));
    this.#player.on(mpegts.Events.MEDIA_INFO, ({ videoCodec, audioCodec }) => {
      this.#isKnown = true;
      told.playing([videoCodec, audioCodec].filter(Boolean).map((codec) => ({ codec })));
    });
    // Where another publisher's clock is behind the one before, it throws away all that comes.
    this.#player.on(mpegts.Events.STATISTICS_INFO, ({ speed }) => {
      const { buffered } = video, now = performance.now();
      const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
      if (end !== this.#end || !end || !speed || video.paused) {
        this.#end = end;
        this.#grewAt = now;
      } else if (now - this.#grewAt > STANDS_MS) {
        this.#player.destroy();
        this.#begin(video, url, told, way);
      }
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
