/** The settings of a server that is started for a test, and how they are written as TOML. */

/** What differs from the defaults, as in the fixtures for pytest: everything is said early. */
export const TEST_SETTINGS = {
  rtmp: { listen: ["127.0.0.1:0"], shutdown_grace: "1s" },
  http: { listen: ["127.0.0.1:0"] },
  api: { listen: ["127.0.0.1:0"] },
  log: { format: "human" },
  process: { die_with_parent: true },
  stream: {
    inspect: "full",
    stall_after: "500ms",
    first_packet_timeout: "5s",
    publish_idle_timeout: "5s",
    play_missing_timeout: "10s",
    slow_reader: "drop",
    send_interval: "0s",
  },
};

/** Tables laid over tables. */
export function laidOver(under, over) {
  const laid = { ...under };
  for (const [key, value] of Object.entries(over)) {
    laid[key] = isTable(value) && isTable(under[key]) ? laidOver(under[key], value) : value;
  }
  return laid;
}

/** A configuration file: each section on a line of its own. */
export function configurationFile(settings) {
  return Object.entries(settings)
    .map(([section, keys]) => `${JSON.stringify(section)} = ${toml(keys)}\n`)
    .join("");
}

/** A value in TOML, whose texts are written as those of JSON. */
function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (isTable(value)) {
    const pairs = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)} = ${toml(each)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  return JSON.stringify(value);
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
