// What an init segment says of its tracks: for the type of a SourceBuffer (RFC 6381).
// Source: ISO/IEC 14496-12, 14496-15 annex E; AV1, VP9 and Opus in ISOBMFF.

const CONTAINERS = ["moov", "trak", "mdia", "minf", "stbl"];
const PICTURE_ENTRY = 78; // bytes of a visual sample entry before its boxes
const SOUND_ENTRY = 28; // of an audio sample entry

const text = (view, at) => String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
const hex = (value) => value.toString(16).padStart(2, "0");
const two = (value) => String(value).padStart(2, "0");

// Each box between two places: [type, where its content begins, where it ends].
export function* boxes(view, at = 0, end = view.byteLength) {
  while (at + 8 <= end) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > end) {
      return; // nothing that this server sends
    }
    yield [text(view, at + 4), at + 8, at + size];
    at += size;
  }
}

function find(view, type, at, end) {
  for (const box of boxes(view, at, end)) {
    if (box[0] === type) {
      return box;
    }
  }
  return null;
}

function avc(view, at) {
  return [1, 2, 3].map((i) => hex(view.getUint8(at + i))).join("");
}

function hevc(view, at) {
  const first = view.getUint8(at + 1);
  let compatible = 0;
  for (let bit = 0; bit < 32; bit++) {
    compatible |= ((view.getUint32(at + 2) >>> bit) & 1) << (31 - bit);
  }
  const constraints = Array.from({ length: 6 }, (_, i) => view.getUint8(at + 6 + i));
  while (constraints.at(-1) === 0) {
    constraints.pop();
  }
  const profile = ["", "A", "B", "C"][first >> 6] + (first & 31);
  const tier = (first & 32 ? "H" : "L") + view.getUint8(at + 12);
  return [profile, (compatible >>> 0).toString(16), tier, ...constraints.map((c) => c.toString(16))].join(".");
}

function av1(view, at) {
  const profile = view.getUint8(at + 1), more = view.getUint8(at + 2);
  const depth = more & 64 ? (more & 32 ? 12 : 10) : 8;
  return `${profile >> 5}.${two(profile & 31)}${more & 128 ? "H" : "M"}.${two(depth)}`;
}

function vp9(view, at) { // behind version and flags
  return `${two(view.getUint8(at + 4))}.${two(view.getUint8(at + 5))}.${two(view.getUint8(at + 6) >> 4)}`;
}

// The object type, and of AAC which kind it is, from the descriptors (ISO/IEC 14496-1, 7.2.6).
function mpeg4(view, at, end) {
  at += 4; // version and flags
  let object = 0, kind = 0;
  while (at < end) {
    const tag = view.getUint8(at++);
    let size = 0, byte;
    do {
      byte = view.getUint8(at++);
      size = (size << 7) | (byte & 127);
    } while (byte & 128);
    if (tag === 3) {
      at += 3; // id and flags; what is in it follows
    } else if (tag === 4) {
      object = view.getUint8(at);
      at += 13;
    } else {
      if (tag === 5) {
        kind = view.getUint8(at) >> 3;
        kind = kind === 31 ? 32 + ((view.getUint16(at) >> 5) & 63) : kind;
      }
      at += size;
    }
  }
  return object === 0x40 ? `40.${kind}` : hex(object);
}

// Sample entries: where their boxes begin, the box that configures them, and how that is read.
const ENTRIES = {
  avc1: ["avcC", avc], avc3: ["avcC", avc], hvc1: ["hvcC", hevc], hev1: ["hvcC", hevc],
  av01: ["av1C", av1], vp09: ["vpcC", vp9], mp4a: ["esds", mpeg4],
  Opus: [], fLaC: [], "ac-3": [], "ec-3": [], ".mp3": [],
};
const PLAIN = { Opus: "opus", fLaC: "flac", ".mp3": "mp3" };

function codecOf(view, at, end, isPicture) {
  const [entry, begin, close] = boxes(view, at + 8, end).next().value ?? ["", 0, 0];
  const [configuration, read] = ENTRIES[entry] ?? [];
  if (!configuration) {
    return PLAIN[entry] ?? entry;
  }
  const box = find(view, configuration, begin + (isPicture ? PICTURE_ENTRY : SOUND_ENTRY), close);
  return box ? `${entry}.${read(view, box[1], box[2])}` : entry;
}

// The tracks of an init segment: [{ kind: "video", codec: "avc1.64001f" }, …].
export function tracksOf(view, at = 0, end = view.byteLength, track = null) {
  const found = [];
  for (const [type, begin, close] of boxes(view, at, end)) {
    if (CONTAINERS.includes(type)) {
      const own = type === "trak" ? {} : track;
      found.push(...tracksOf(view, begin, close, own));
      if (type === "trak" && own.codec) {
        found.push(own);
      }
    } else if (type === "hdlr") {
      track.kind = text(view, begin + 8) === "vide" ? "video" : "audio";
    } else if (type === "stsd") {
      track.codec = codecOf(view, begin, close, track.kind === "video");
    }
  }
  return found;
}

// The type for a SourceBuffer.
export function typeOfTracks(tracks) {
  const kind = tracks.some((track) => track.kind === "video") ? "video" : "audio";
  return `${kind}/mp4; codecs="${tracks.map((track) => track.codec).join(",")}"`;
}
