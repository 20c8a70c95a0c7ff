// What plays: the browser alone, the browser fed by this page, or a player of others. Each is made
// with a video element, a URL, and whom to tell: playing(tracks), ended(why), and failed(why, otherwise),
// which without a reason is about the server's answer, and if that is none, about something else. stop()
// leaves the element as it was.

import { MseEngine } from "./mse.js";
import { MPEGTS } from "./ways.js";

class VideoEngine {
  #video;

  constructor(video, url, told) {
    this.#video = video;
    video.onerror = () => {
      const { code, message } = video.error;
      // It says the same of a stream that is refused and of one that it cannot read.
      told.failed(code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED ? "" : message, message);
    };
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

const STANDS_MS = 2000; // nothing more to show for so long, although something comes

class MpegtsEngine {
  #player = null;
  #stopped = false;
  #isKnown = false; // what is in the stream
  #end = 0; // of what there is to show,
  #grewAt = 0; // and when it was less

  constructor(video, url, told, way) {
    loadMpegts().then(() => this.#stopped || this.#begin(video, url, told, way), (error) => told.failed(error.message));
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

export const ENGINES = { mse: MseEngine, video: VideoEngine, [MPEGTS]: MpegtsEngine };
