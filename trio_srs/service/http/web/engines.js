// What plays: the browser alone, the browser fed by this page, or a player of others. Each is made
// with a video element, a URL, and whom to tell: playing(tracks), ended(why), and failed(why, otherwise),
// which without a reason is about the server's answer, and if that is none, about something else. stop()
// leaves the element as it was. Who knows how far behind the newest of the server it is says behind().

import { DashEngine } from "./dash_engine.js";
import { HlsEngine } from "./hls_engine.js";
import { MpegtsEngine } from "./mpegts_engine.js";
import { MseEngine } from "./mse.js";
import { DASH, HLS, MPEGTS } from "./ways.js";

// Chromium's own HLS gives up where a playlist has nothing newer than what it has, as the first may
// and as it is behind a pause: so it is asked anew.
const GIVES_UP = /COULD_NOT_PARSE/;
const AGAIN_MS = 2000;
const MOST_TIMES = 3;

class VideoEngine {
  #video;
  #isLive;
  #times = 0;
  #timer = 0;

  constructor(video, url, told, way) {
    this.#video = video;
    this.#isLive = Boolean(way.isSegmented);
    video.onerror = () => {
      const { code, message } = video.error;
      // It says the same of a stream that is refused and of one that it cannot read.
      const fail = () => told.failed(code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED ? "" : message, message);
      if (this.#isLive && GIVES_UP.test(message) && this.#times++ < MOST_TIMES) {
        this.#timer = setTimeout(() => this.#again(url, fail), AGAIN_MS);
      } else {
        fail();
      }
    };
    video.onended = () => told.ended("");
    this.#begin(url);
  }

  #begin(url) {
    this.#video.src = url;
    this.#video.play().catch(() => {}); // whoever may not play by himself gets the button
  }

  async #again(url, fail) {
    const isThere = await fetch(url, { method: "HEAD" }).then(({ ok }) => ok, () => false);
    if (this.#video.onerror) { // it has not been stopped meanwhile
      isThere ? this.#begin(url) : fail();
    }
  }

  // Of segments it may go anywhere to the newest; of a stream that never ends, nowhere.
  behind() {
    const { seekable, currentTime } = this.#video;
    const end = this.#isLive && seekable.length ? seekable.end(seekable.length - 1) : Infinity;
    return Number.isFinite(end) && end > 0 ? Math.max(end - currentTime, 0) : null;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#video.onerror = this.#video.onended = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

export const ENGINES = { mse: MseEngine, video: VideoEngine, [MPEGTS]: MpegtsEngine, [HLS]: HlsEngine, [DASH]: DashEngine };
