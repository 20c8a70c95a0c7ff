// fMP4 as it comes over a connection, cut into what a SourceBuffer is given: init segments (ftyp and
// moov) and fragments (moof and mdat). Each way is a function of a URL and whom to tell: taken(bytes),
// ended(why), failed(why); it returns what stops it.

import { boxes } from "./mp4.js";

const LAST_OF_SEGMENT = ["moov", "mdat"];

// Each message is a segment already.
export function fromSocket(url, told) {
  const socket = new WebSocket(url);
  let isOpen = false;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { isOpen = true; };
  socket.onmessage = ({ data }) => told.taken(new Uint8Array(data));
  // Scripts are not shown the answer to a WebSocket that was refused.
  socket.onclose = ({ reason }) => (isOpen ? told.ended(reason.replaceAll("_", " ")) : told.failed(""));
  return () => {
    socket.onmessage = socket.onclose = null;
    socket.close();
  };
}

export function fromAnswer(url, told) {
  const abort = new AbortController();
  read(url, told, abort.signal).catch((error) => abort.signal.aborted || told.failed(error.message));
  return () => abort.abort();
}

async function read(url, told, signal) {
  const answer = await fetch(url, { signal, cache: "no-store" });
  if (!answer.ok) {
    told.failed((await answer.json()).detail);
    return;
  }
  const reader = answer.body.getReader();
  let waiting = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      told.ended("");
      return;
    }
    const all = new Uint8Array(waiting.length + value.length);
    all.set(waiting);
    all.set(value, waiting.length);
    let cut = 0;
    for (const [type, , end] of boxes(new DataView(all.buffer))) {
      if (LAST_OF_SEGMENT.includes(type)) {
        told.taken(all.slice(cut, end));
        cut = end;
      }
    }
    waiting = all.slice(cut);
  }
}
