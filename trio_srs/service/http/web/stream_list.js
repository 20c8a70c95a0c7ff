// The streams that are live, as buttons that stay where they are while the list is asked for anew.

import { codecName } from "./ways.js";

const EVERY_MS = 2000;

function about(stream) {
  const words = stream.tracks.map((track) => {
    const size = track.width ? ` ${track.width}×${track.height}` : "";
    return codecName(track.codec) + size;
  });
  words.push(`${stream.viewers} ${stream.viewers === 1 ? "viewer" : "viewers"}`);
  return words.join(", ");
}

export class StreamList {
  #list;
  #note;
  #choose;
  #url;
  #items = new Map();
  #streams = new Map();
  #current = "";

  constructor(list, note, vhost, choose) {
    this.#list = list;
    this.#note = note;
    this.#choose = choose;
    this.#url = `streams.json${vhost ? `?${new URLSearchParams({ vhost })}` : ""}`;
  }

  // What is known of a stream: its tracks, none if it is not in the list.
  tracksOf(name) {
    return this.#streams.get(name.split("?")[0])?.tracks ?? [];
  }

  mark(name) {
    this.#current = name.split("?")[0];
    for (const [own, { button }] of this.#items) {
      button.setAttribute("aria-current", own === this.#current);
    }
  }

  // Go on asking while the page is looked at, unless the server will not tell.
  async run(changed) {
    for (;;) {
      if (!document.hidden && !(await this.#ask())) {
        return;
      }
      changed();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  async #ask() {
    let answer = null;
    try {
      answer = await fetch(this.#url, { cache: "no-store" });
      const said = await answer.json();
      if (answer.ok) {
        this.#show(said.streams);
        this.#say(said.streams.length ? "" : "Nobody publishes a stream now.");
      } else {
        this.#say(`The list is not shown: ${said.detail}. Streams can be played by name.`);
      }
    } catch {
      this.#say("The server does not answer.");
    }
    return !answer || answer.ok || answer.status >= 500;
  }

  #say(words) {
    if (this.#note.textContent !== words) {
      this.#note.textContent = words;
      this.#note.hidden = !words;
    }
  }

  #show(streams) {
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]));
    for (const [name, { item }] of this.#items) {
      if (!this.#streams.has(name)) {
        item.remove();
        this.#items.delete(name);
      }
    }
    for (const stream of streams) {
      const own = this.#items.get(stream.name) ?? this.#make(stream.name);
      own.about.textContent = about(stream);
    }
    this.mark(this.#current);
  }

  #make(name) {
    const item = document.createElement("li");
    const button = item.appendChild(document.createElement("button"));
    button.type = "button";
    button.append(Object.assign(document.createElement("span"), { textContent: name }));
    const about = button.appendChild(document.createElement("span"));
    about.className = "about";
    button.onclick = () => this.#choose(name);
    const after = [...this.#items].find(([other]) => other > name);
    this.#list.insertBefore(item, after?.[1].item ?? null);
    const own = { item, button, about };
    this.#items = new Map([...this.#items, [name, own]].sort(([a], [b]) => (a < b ? -1 : 1)));
    return own;
  }
}
