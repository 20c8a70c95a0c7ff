// The page: what was chosen, what plays, and what is said of it.

import { Chart } from "./chart.js";
import { ENGINES } from "./engines.js";
import { keepUp } from "./live_edge.js";
import { Measure } from "./measure.js";
import { StreamList } from "./stream_list.js";
import { ENGINE_TITLES, PLAYERS, WAYS, remark, urlOf, whyNot } from "./ways.js";

const byId = (id) => document.getElementById(id);
const video = byId("video");
const chart = new Chart(byId("chart"));
const asked = new URLSearchParams(location.search);
const vhost = asked.get("vhost") ?? "";
let engines = {};
let chosen = { name: asked.get("stream") ?? "", way: asked.get("way") ?? "" };
let playing = null; // { engine, measure }

const list = new StreamList(byId("streams"), byId("streams-note"), vhost, (name) => play(name));

function say(words, failed = false) {
  byId("state").textContent = words;
  byId("state").classList.toggle("failed", failed);
}

// The way that was chosen, or else the first that can play the stream.
function wayFor(name) {
  const tracks = list.tracksOf(name);
  const can = (way) => !whyNot(way, tracks, engines);
  return WAYS.find((way) => way.id === chosen.way && can(way)) ?? WAYS.find(can) ?? null;
}

function stop(words, failed = false) {
  if (playing) {
    playing.measure.stop();
    playing.engine.stop();
    playing = null;
  }
  document.body.dataset.engine = "";
  byId("stop").disabled = true;
  say(words, failed);
}

// A stream that is not there has its reason in the answer, which scripts are not shown of a
// WebSocket; so it is asked for once more.
async function reason(url, otherwise) {
  const abort = new AbortController();
  try {
    const answer = await fetch(url.replace(/^ws/, "http"), { signal: abort.signal });
    const said = answer.ok ? otherwise : (await answer.json()).detail;
    abort.abort();
    return said;
  } catch {
    return "the server does not answer";
  }
}

function play(name) {
  const way = wayFor(name);
  chosen.name = name;
  stop("");
  list.mark(name);
  byId("playing-title").textContent = name;
  if (!way) {
    showWays();
    say(`${name} cannot be played in this browser; the ways of playing say why.`, true);
    return;
  }
  const url = urlOf(way, name, vhost);
  const by = ENGINE_TITLES[way.engine];
  const own = { way, measure: new Measure(video), engine: null };
  const told = {
    playing: (tracks) => {
      if (playing === own) {
        byId("codecs").textContent = tracks.map((track) => track.codec).join(", ");
      }
    },
    ended: (why) => playing === own && stop(`${name} has ended${why ? `: ${why}` : "."}`),
    failed: async (why, otherwise = "the connection broke") => {
      const words = why || (await reason(url, otherwise));
      if (playing === own) {
        stop(`${way.title} failed: ${words}`, true);
      }
    },
  };
  playing = own;
  say(`Waiting for ${name}, as ${way.title}.`);
  chart.clear();
  byId("codecs").textContent = "-";
  byId("stop").disabled = false;
  own.engine = new ENGINES[way.engine](video, url, told, way);
  document.body.dataset.engine = way.engine;
  video.addEventListener("playing", () => {
    if (playing === own) {
      say(`Playing as ${way.title}, by ${by}.`);
    }
  }, { once: true });
  remember(way);
  showWays();
}

// The address of the page names what plays, to be kept or sent to somebody.
function remember(way) {
  const query = new URLSearchParams({ stream: chosen.name, way: way.id });
  if (vhost) {
    query.set("vhost", vhost);
  }
  history.replaceState(null, "", `?${query}`);
}

function makeWays() {
  for (const way of WAYS) {
    const row = byId("ways").appendChild(document.createElement("div"));
    row.className = "way";
    const input = row.appendChild(document.createElement("input"));
    Object.assign(input, { type: "radio", name: "way", id: `way-${way.id}`, value: way.id });
    const label = row.appendChild(document.createElement("label"));
    Object.assign(label, { htmlFor: input.id, textContent: way.title });
    const note = row.appendChild(document.createElement("small"));
    note.id = `why-${way.id}`;
    input.setAttribute("aria-describedby", note.id);
    input.onchange = () => {
      chosen.way = way.id;
      if (chosen.name) {
        play(chosen.name);
      }
    };
  }
}

// Which ways can play what is chosen, and why the others cannot.
function showWays() {
  const tracks = list.tracksOf(chosen.name);
  const current = playing?.way ?? wayFor(chosen.name);
  for (const way of WAYS) {
    const why = whyNot(way, tracks, engines);
    const words = why ? `Not possible: ${why}.` : remark(way, tracks);
    const input = byId(`way-${way.id}`), note = byId(`why-${way.id}`);
    input.disabled = why !== "";
    input.checked = way === current;
    if (note.textContent !== words) {
      note.textContent = words;
    }
  }
}

function showFigures() {
  if (!playing) {
    return;
  }
  if (!playing.way.isSegmented) { // the player of that does so itself
    keepUp(video);
  }
  const now = { ...playing.measure.read(), behind: playing.engine.behind?.() ?? null };
  const seconds = (value) => (value === null ? "-" : `${value.toFixed(2)} s`);
  for (const name of ["start", "delay", "behind", "buffer"]) {
    byId(name).textContent = seconds(now[name]);
  }
  byId("dropped").textContent = `${now.dropped} of ${now.frames}`;
  byId("picture").textContent = now.width ? `${now.width}×${now.height}` : "-";
  chart.add(now);
}

async function begin() {
  byId("server").textContent = location.host;
  engines = await fetch("vendor/engines.json").then((answer) => answer.json(), () => ({}));
  const missing = Object.keys(PLAYERS).filter((name) => !engines[name]);
  if (missing.length) {
    const words = missing.map((name) => `${name}, which plays ${PLAYERS[name]}`).join("; ");
    byId("missing").textContent =
      `Not installed with this server: ${words}. What is missing comes with the wheel, and with a build where ` +
      "npm is at hand.";
    byId("missing").hidden = false;
  }
  makeWays();
  showWays();
  byId("stop").onclick = () => stop("Stopped.");
  byId("by-name").onsubmit = (event) => {
    event.preventDefault();
    play(byId("name").value.trim().replace(/^\/+/, ""));
  };
  setInterval(showFigures, 250);
  let isFirst = true;
  list.run(() => {
    showWays();
    if (isFirst && chosen.name) { // which way can play it is known by now
      play(chosen.name);
    }
    isFirst = false;
  });
}

begin();
