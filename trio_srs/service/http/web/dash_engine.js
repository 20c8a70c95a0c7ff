// DASH by dash.js.

import { DASH } from "./ways.js";

const PATIENCE_MS = 60000; // a request that waits for a stream is one, however long that takes

// What the server said of a request that it refused; empty where it said nothing.
function reasonOf(response) {
  try {
    return JSON.parse(typeof response === "string" ? response : new TextDecoder().decode(response)).detail;
  } catch {
    return "";
  }
}

export class DashEngine {
  #player = null;
  #stopped = false;

  constructor(video, url, told) {
    import("./vendor/dash.mediaplayer.min.js").then(
      ({ MediaPlayer }) => this.#stopped || this.#begin(MediaPlayer, video, url, told),
      () => told.failed(`${DASH} did not load`),
    );
  }

  #begin(MediaPlayer, video, url, told) {
    const { events } = MediaPlayer;
    const player = this.#player = MediaPlayer().create();
    player.updateSettings({
      debug: { logLevel: 0 },
      streaming: {
        manifestRequestTimeout: PATIENCE_MS,
        retryAttempts: { MPD: 0 }, // no is said once
        liveCatchup: { enabled: true },
      },
    });
    player.on(events.PERIOD_SWITCH_COMPLETED, () => {
      const known = ["video", "audio"].map((kind) => player.getCurrentRepresentationForType(kind)).filter(Boolean);
      told.playing(known.map(({ codecs }) => ({ codec: codecs })));
    });
    player.on(events.PLAYBACK_ENDED, ({ isLast }) => isLast !== false && told.ended(""));
    player.on(events.ERROR, ({ error }) => {
      const said = reasonOf(error?.data?.response?.data ?? error?.data?.response);
      told.failed(said || `${DASH} says ${error?.message ?? error}`);
    });
    player.initialize(video, url, true);
  }

  behind() {
    const seconds = this.#player?.isReady() ? this.#player.getCurrentLiveLatency() : NaN;
    return Number.isFinite(seconds) ? seconds : null;
  }

  stop() {
    this.#stopped = true;
    this.#player?.destroy();
    this.#player = null;
  }
}
