// The ways of playing, and why one cannot play a stream here. Each row is one way.

export const MPEGTS = "mpegts.js";

export const WAYS = [
  { id: "mp4-ws", title: "fMP4 over WebSocket", engine: "mse", ending: ".mp4", socket: true },
  { id: "mp4-http", title: "fMP4 over HTTP", engine: "mse", ending: ".mp4" },
  { id: "mp4-video", title: "fMP4 in a video element", engine: "video", ending: ".mp4" },
  { id: "flv-http", title: "HTTP-FLV", engine: MPEGTS, ending: ".flv", type: "flv" },
  { id: "flv-ws", title: "WebSocket-FLV", engine: MPEGTS, ending: ".flv", type: "flv", socket: true },
  { id: "ts-http", title: "HTTP-TS", engine: MPEGTS, ending: ".ts", type: "mpegts" },
  { id: "ts-ws", title: "WebSocket-TS", engine: MPEGTS, ending: ".ts", type: "mpegts", socket: true },
];

export const ENGINE_TITLES = {
  mse: "the browser, fed by this page",
  video: "the browser alone, which starts late at low bit rates",
  [MPEGTS]: MPEGTS,
};

// What the server puts into a container; FLV has everything as it was published.
const CARRIED = {
  ".mp4": ["h264", "hevc", "av1", "vp9", "aac", "mp3", "opus", "flac", "ac3", "eac3"],
  ".ts": ["h264", "hevc", "aac", "mp3", "opus", "ac3", "eac3"],
};

// What mpegts.js reads of a container.
const READ = {
  ".flv": ["h264", "hevc", "av1", "aac", "mp3", "opus", "flac", "pcm"],
  ".ts": ["h264", "hevc", "aac", "mp3", "opus", "ac3", "eac3"],
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
  const carried = CARRIED[way.ending];
  if (carried && !carried.includes(track.codec)) {
    return `${way.title} does not carry ${name}`;
  }
  if (way.engine === MPEGTS && !READ[way.ending].includes(track.codec)) {
    return `${MPEGTS} does not play ${name}`;
  }
  return hasDecoder(track) ? "" : `this browser has no decoder for ${name}`;
}

// Why this way cannot play a stream; empty if it can. Where one of two tracks is left out by the
// server, or a stream is not known, one may try.
export function whyNot(way, tracks, engines) {
  if (way.engine === MPEGTS && !engines[MPEGTS]) {
    return `needs ${MPEGTS}, which this installation is without`;
  }
  if (way.engine !== "video" && !(self.ManagedMediaSource ?? self.MediaSource)) {
    return "this browser lets no script feed it media (Media Source Extensions)";
  }
  const reasons = tracks.map((track) => [track, whyNotTrack(way, track)]);
  const carried = CARRIED[way.ending];
  const sent = carried ? reasons.filter(([track]) => carried.includes(track.codec)) : reasons;
  if (reasons.length && !sent.length) {
    return reasons[0][1];
  }
  return sent.find(([, why]) => why)?.[1] ?? "";
}

// What is said of a way that can be tried.
export function remark(way, tracks) {
  const words = `Played by ${ENGINE_TITLES[way.engine]}`;
  if (way.engine === MPEGTS && way.ending === ".flv" && tracks.some(({ codec }) => codec === "av1")) {
    return `${words}, which fails on AV1 with colour metadata, unless the server leaves that out (http.flv_for_browsers).`;
  }
  return `${words}.`;
}

// Where a stream is asked for. A name may bring parameters along: "live/cam1?token=x".
export function urlOf(way, name, vhost) {
  const [path, query = ""] = name.split(/\?(.*)/s);
  const segments = path.split("/").filter(Boolean).map(encodeURIComponent);
  const url = new URL(`../${segments.join("/")}${way.ending}`, document.baseURI);
  url.search = query;
  if (vhost) {
    url.searchParams.set("vhost", vhost);
  }
  if (way.socket) {
    url.protocol = url.protocol.replace("http", "ws");
  }
  return url.href;
}
