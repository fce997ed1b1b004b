/** The visitor's own browser, which keeps photographs and predicts their colours itself. */

import { downloadBlob, requireUsable } from "../host.js";
import { allowed } from "../memory.js";
import { FileStore } from "./file_store.js";
import { zipped } from "./zip.js";

/** @typedef {import("../edits.js").Dot} Dot */
/** @typedef {import("../edits.js").Edits} Edits */
/** @typedef {import("../engine/client.js").Engine} Engine */
/** @typedef {import("../engine/photograph.js").Output["type"]} Type */
/** @typedef {import("../host.js").About} About */
/** @typedef {import("../host.js").Chroma} Chroma */
/** @typedef {import("../host.js").Host} Host */
/** @typedef {import("../host.js").Opened} Opened */
/** @typedef {import("../host.js").Output} Output */
/** @typedef {import("../host.js").Seen} Seen */
/** @typedef {import("../memory.js").Keeper} Keeper */

const ARCHIVE = "photographs_color.zip";
const MARK = "_color";
const FORMATS = /** @type {Record<string, {type: Type, suffixes: string[]}>} */ ({
  jpeg: { type: "image/jpeg", suffixes: [".jpg", ".jpeg", ".jpe", ".jfif"] },
  png: { type: "image/png", suffixes: [".png"] },
  webp: { type: "image/webp", suffixes: [".webp"] },
});
// For photographs in formats that browsers cannot write.
const OTHERWISE = "png";

/** @implements {Host} */
export class StaticHost {
  #engine;
  #about;
  #store;
  #loaded;
  #count = 0;
  /** @type {Map<string, File | Blob & {name: string}>} */
  #files = new Map();
  /** @type {Map<string, Seen & {chroma: Promise<Chroma>}>} what was predicted last */
  #predicted = new Map();

  /**
   * @param {Engine} engine
   * @param {About} about
   * @param {FileStore} store keeps photographs while the page is reloaded
   * @param {Promise<unknown>} loaded until the network is there
   */
  constructor(engine, about, store, loaded) {
    this.#engine = engine;
    this.#about = about;
    this.#store = store;
    this.#loaded = loaded;
  }

  /** @returns {Promise<Opened[]>} */
  async restore() {
    const opened = [];
    for (const { id, file } of await this.#store.all()) {
      opened.push(await this.#open(id, file));
    }
    return opened;
  }

  async renew() {}

  /**
   * @param {File} file
   * @returns {Promise<Opened>}
   */
  async add(file) {
    const { photographs } = this.#about.limits;
    requireUsable(file, this.#about.limits);
    if (this.#files.size >= photographs) {
      throw new Error(`Only ${photographs} photographs at a time: remove some, then add others.`);
    }
    await this.#loaded; // the photograph is then decoded once for all
    this.#count += 1;
    const opened = await this.#open(`${Date.now()}-${this.#count}`, file);
    await this.#store.put(opened.id, file);
    return opened;
  }

  /**
   * @param {number} index
   * @returns {Promise<Opened>}
   */
  async addExample(index) {
    const name = `example-${index + 1}.jpg`;
    const blob = await (await fetch(`examples/${name}`)).blob();
    return this.add(new File([blob], name, { type: blob.type }));
  }

  /** @param {string} id */
  async remove(id) {
    this.#files.delete(id);
    this.#predicted.delete(id);
    await this.#store.remove(id);
  }

  /** @type {Host["predict"]} */
  async predict(id, { dots, size }) {
    await this.#loaded;
    const last = this.#predicted.get(id);
    if (last?.dots === dots && last.size === size) return last.chroma;
    const chroma = this.#engine.predict(id, dots, size);
    this.#predicted.set(id, { dots, size, chroma });
    return chroma;
  }

  /** @type {Host["suggest"]} */
  async suggest(id, { x, y, size }) {
    await this.#loaded;
    return this.#engine.suggest(id, { x, y }, size);
  }

  /** @type {Host["variants"]} */
  async variants(id, { dots, size }) {
    await this.#loaded;
    return this.#engine.variants(id, dots, size);
  }

  /** @type {Host["save"]} */
  async save(photographs, output, onProgress, signal) {
    const written = [];
    for (const [at, { id, edits }] of photographs.entries()) {
      const told = (/** @type {number} */ share) => onProgress((at + share) / photographs.length);
      written.push(await this.#write(id, edits, output, told, signal));
    }
    const { name, blob } = written.length === 1
      ? written[0]
      : { name: ARCHIVE, blob: await zipped(written) };
    downloadBlob(blob, name);
  }

  /**
   * @param {string} id
   * @param {Edits} edits
   * @param {Output} output
   * @param {(share: number) => void} onProgress
   * @param {AbortSignal} signal
   * @returns {Promise<{name: string, blob: Blob}>}
   */
  async #write(id, { dots, strength, size }, { format, quality, sideBySide }, onProgress, signal) {
    const chroma = await this.predict(id, { dots, size });
    const name = this.#files.get(id)?.name ?? "photograph.png";
    const chosen = format || ownFormat(name);
    const { type, suffixes } = FORMATS[chosen];
    const how = { type, quality: quality / 100, sideBySide };
    const blob = await this.#engine.result(id, chroma, strength, how, onProgress, signal);
    const dot = name.lastIndexOf(".");
    const stem = dot > 0 ? name.slice(0, dot) : name;
    const own = dot > 0 ? name.slice(dot) : "";
    const suffix = suffixes.includes(own.toLowerCase()) ? own : suffixes[0];
    return { name: `${stem}${MARK}${suffix}`, blob };
  }

  /**
   * @param {string} id
   * @param {File} file
   * @returns {Promise<Opened>}
   */
  async #open(id, file) {
    const maxPixels = this.#about.limits.megapixels * 1e6;
    const { width, height } = await this.#engine.open(id, file, { maxPixels });
    this.#files.set(id, file);
    return { id, name: file.name, width, height };
  }
}

/** @param {string} name @returns {string} the format in which to write a file of this name */
function ownFormat(name) {
  const suffix = name.slice(name.lastIndexOf(".")).toLowerCase();
  const found = Object.entries(FORMATS).find(([, { suffixes }]) => suffixes.includes(suffix));
  return found?.[0] ?? OTHERWISE;
}

/**
 * Make the host of the edition without a server.
 *
 * @param {Engine} engine
 * @param {About} about
 * @returns {Promise<{host: Host, storage: Keeper}>} the host, and where the page may keep what was
 *   changed
 */
export async function createHost(engine, about) {
  // Where pages may have one: not when opened from a disk, nor by http from another computer.
  navigator.serviceWorker?.register("service-worker.js").catch(() => {});
  const network = {
    model: "network/general.onnx",
    weights: "network/general.safetensors",
    card: "network/card.json",
  };
  // One thread: two were no faster (docs/benchmarks.md), and most hosts do not allow more.
  const runtime = "runtime/ort.wasm.bundle.min.mjs";
  const loaded = engine.load({ network, runtime, threads: 1 });
  loaded.catch(() => {}); // told when the first photograph needs it
  const store = await FileStore.open();
  const storage = allowed(() => localStorage);
  return { host: new StaticHost(engine, about, store, loaded), storage };
}
