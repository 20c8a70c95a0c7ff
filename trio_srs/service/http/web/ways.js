// The ways of playing, and why one cannot play a stream here. Each row is one way.

export const MPEGTS = "mpegts.js";
export const HLS = "hls.js";
export const DASH = "dash.js";

// Of others, and what they are wanted for.
export const PLAYERS = { [MPEGTS]: "FLV and TS", [HLS]: "HLS", [DASH]: "DASH" };

// The container is what it comes in; what is segmented is asked for piece by piece, and its player
// decides by itself how far behind it stays.
export const WAYS = [
  { id: "mp4-ws", title: "fMP4 over WebSocket", engine: "mse", container: "mp4", ending: ".mp4", socket: true },
  { id: "mp4-http", title: "fMP4 over HTTP", engine: "mse", container: "mp4", ending: ".mp4" },
  { id: "flv-http", title: "HTTP-FLV", engine: MPEGTS, container: "flv", ending: ".flv", type: "flv" },
  { id: "flv-ws", title: "WebSocket-FLV", engine: MPEGTS, container: "flv", ending: ".flv", type: "flv", socket: true },
  { id: "ts-http", title: "HTTP-TS", engine: MPEGTS, container: "ts", ending: ".ts", type: "mpegts" },
  { id: "ts-ws", title: "WebSocket-TS", engine: MPEGTS, container: "ts", ending: ".ts", type: "mpegts", socket: true },
  { id: "hls-ll", title: "Low-latency HLS", engine: HLS, ...segmented("mp4", ".m3u8"), lowLatency: true },
  { id: "hls", title: "HLS", engine: HLS, ...segmented("mp4", ".m3u8"), lowLatency: false },
  { id: "hls-ts", title: "HLS of TS", engine: HLS, ...segmented("ts", ".m3u8"), lowLatency: false },
  { id: "dash", title: "DASH", engine: DASH, ...segmented("mp4", ".mpd"), query: {} },
  { id: "hls-video", title: "HLS in a video element", engine: "video", ...segmented("mp4", ".m3u8"), type: "application/vnd.apple.mpegurl" },
  { id: "mp4-video", title: "fMP4 in a video element", engine: "video", container: "mp4", ending: ".mp4", type: "video/mp4" },
];

function segmented(container, ending) {
  return { container, ending, isSegmented: true, query: { container: container === "mp4" ? "fmp4" : container } };
}

export const ENGINE_TITLES = {
  mse: "the browser, fed by this page",
  video: "the browser alone",
  [MPEGTS]: MPEGTS,
  [HLS]: HLS,
  [DASH]: DASH,
};

// What the server puts into a container; FLV has everything as it was published.
const CARRIED = {
  mp4: ["h264", "hevc", "av1", "vp9", "aac", "mp3", "opus", "flac", "ac3", "eac3"],
  ts: ["h264", "hevc", "aac", "mp3", "opus", "ac3", "eac3"],
};

// What players of others read of a container; of MP4, what the browser does.
const READ = {
  [MPEGTS]: {
    flv: ["h264", "hevc", "av1", "aac", "mp3", "opus", "flac", "pcm"],
    ts: ["h264", "hevc", "aac", "mp3", "opus", "ac3", "eac3"],
  },
  [HLS]: { ts: ["h264", "hevc", "aac", "mp3", "ac3"] },
};

const NAMES = {
  h264: "H.264", hevc: "H.265", av1: "AV1", vp9: "VP9", vp8: "VP8", vvc: "H.266",
  aac: "AAC", mp3: "MP3", opus: "Opus", flac: "FLAC", ac3: "AC-3", eac3: "E-AC-3",
};

export function codecName(codec) {
  return NAMES[codec] ?? codec;
}

// The type of a track as browsers are asked about it; empty if none ever knew it.
function typeOf(track) {
  const codec = track.codec === "mp3" ? "mp4a.6b" : track.codec_string;
  return codec ? `${track.kind}/mp4; codecs="${codec}"` : "";
}

function hasDecoder(track) {
  const source = self.ManagedMediaSource ?? self.MediaSource;
  return Boolean(source) && typeOf(track) !== "" && source.isTypeSupported(typeOf(track));
}

// Why a track is not played this way; empty if it is, as far as can be said before.
function whyNotTrack(way, track) {
  const name = codecName(track.codec);
  const carried = CARRIED[way.container], read = READ[way.engine]?.[way.container];
  if (carried && !carried.includes(track.codec)) {
    return `${way.title} does not carry ${name}`;
  }
  if (read && !read.includes(track.codec)) {
    return `${way.engine} does not play ${name}${carried ? ` of ${way.container.toUpperCase()}` : ""}`;
  }
  return hasDecoder(track) ? "" : `this browser has no decoder for ${name}`;
}

// Why this way cannot play a stream; empty if it can. Where one of two tracks is left out by the
// server, or a stream is not known, one may try.
export function whyNot(way, tracks, engines) {
  if (PLAYERS[way.engine] && !engines[way.engine]) {
    return `needs ${way.engine}, which this installation is without`;
  }
  if (way.engine !== "video" && !(self.ManagedMediaSource ?? self.MediaSource)) {
    return "this browser lets no script feed it media (Media Source Extensions)";
  }
  if (way.engine === "video" && !document.createElement("video").canPlayType(way.type)) {
    return `this browser does not play ${way.isSegmented ? "HLS" : "MP4"} by itself`;
  }
  const reasons = tracks.map((track) => [track, whyNotTrack(way, track)]);
  const carried = CARRIED[way.container];
  const sent = carried ? reasons.filter(([track]) => carried.includes(track.codec)) : reasons;
  if (reasons.length && !sent.length) {
    return reasons[0][1];
  }
  return sent.find(([, why]) => why)?.[1] ?? "";
}

// What is said of a way that can be tried.
export function remark(way, tracks) {
  const words = `Played by ${ENGINE_TITLES[way.engine]}`;
  if (way.engine === MPEGTS && way.container === "flv" && tracks.some(({ codec }) => codec === "av1")) {
    return `${words}, which fails on AV1 with colour metadata, unless the server leaves that out (http.flv_for_browsers).`;
  }
  if (way.id === "mp4-video") {
    return `${words}, which starts late at low bit rates.`;
  }
  return `${words}${way.isSegmented && !way.lowLatency ? ", some segments behind what is live" : ""}.`;
}

// Where a stream is asked for. A name may bring parameters along: "live/cam1?token=x".
export function urlOf(way, name, vhost) {
  const [path, query = ""] = name.split(/\?(.*)/s);
  const segments = path.split("/").filter(Boolean).map(encodeURIComponent);
  const url = new URL(`../${segments.join("/")}${way.ending}`, document.baseURI);
  url.search = query;
  for (const [key, value] of Object.entries({ ...way.query, ...(vhost && { vhost }) })) {
    url.searchParams.set(key, value);
  }
  if (way.socket) {
    url.protocol = url.protocol.replace("http", "ws");
  }
  return url.href;
}
