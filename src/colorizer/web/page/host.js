/**
 * Where colours come from: the server of `colorizer web`, or the visitor's own browser.
 *
 * @typedef {import("./edits.js").Dot} Dot
 * @typedef {import("./edits.js").Edits} Edits
 * @typedef {import("./engine/full_size.js").Chroma} Chroma
 */

/**
 * What the page knows of its host from the start: `about.json`.
 *
 * @typedef {object} About
 * @property {"server" | "static"} edition
 * @property {string} network what the network is called
 * @property {boolean} takesHints whether it follows colours that the visitor gives
 * @property {boolean} knowsColors whether it says how likely colours are
 * @property {Record<string, string>} palette colours to pick from, `#rrggbb` by name
 * @property {number} strength to begin with
 * @property {number} quality to begin with, 1 to 100
 * @property {string[]} formats in which photographs can be written
 * @property {{megapixels: number, megabytes: number, photographs: number}} limits
 * @property {{thumbnail: string, credit: string}[]} examples
 */

/**
 * A photograph that the host has opened.
 *
 * @typedef {object} Opened
 * @property {string} id
 * @property {string} name of its file
 * @property {number} width in pixels, upright
 * @property {number} height
 */

/**
 * How photographs are to be written.
 *
 * @typedef {object} Output
 * @property {string} format one of the host's formats; "" for each photograph's own
 * @property {number} quality 1 to 100
 * @property {boolean} sideBySide whether the original is put to the left
 */

/** @typedef {Pick<Edits, "dots" | "size">} Seen what a prediction depends on */

/**
 * @typedef {object} Host
 * @property {() => Promise<Opened[]>} restore returns the photographs that are still open from
 *   before the page was reloaded
 * @property {(file: File) => Promise<Opened>} add opens a photograph
 * @property {(index: number) => Promise<Opened>} addExample opens one of the examples
 * @property {(id: string) => Promise<void>} remove
 * @property {(id: string, seen: Seen) => Promise<Chroma>} predict
 * @property {(id: string, place: {x: number, y: number, size: number | null}) =>
 *   Promise<string[]>} suggest returns the likeliest colours of a place, `#rrggbb`
 * @property {(id: string, seen: Seen) => Promise<Dot[][]>} variants returns what each of several
 *   plausible colourings adds to these dots; the first adds none
 * @property {(photographs: {id: string, edits: Edits}[], output: Output,
 *   onProgress: (share: number) => void, signal: AbortSignal) => Promise<void>} save writes
 *   photographs at their full size, and gives them to the visitor
 * @property {() => Promise<void>} renew begins anew after a {@link GoneError}
 */

// By then, browsers have read a file that they were given.
const RELEASE_MS = 60_000;

/** The host has forgotten the visitor, and all photographs. */
export class GoneError extends Error {}

/** The host does not answer. */
export class SilentError extends Error {}

/**
 * Refuse a file that no host opens.
 *
 * @param {File} file
 * @param {About["limits"]} limits
 * @throws {Error} if it is empty, or larger than allowed
 */
export function requireUsable(file, { megabytes }) {
  if (!file.size) throw new Error("The file is empty.");
  if (file.size > megabytes * 1e6) throw new Error(`The file is larger than ${megabytes} MB.`);
}

/**
 * Give the visitor a file.
 *
 * @param {string} url
 * @param {string} name "" for the name that the host says
 */
export function download(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/**
 * Give the visitor a file that was made here.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function downloadBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}
