/** The server of `colorizer web`, which keeps photographs and predicts their colours. */

import { GoneError, SilentError, download, requireUsable } from "../host.js";
import { allowed } from "../memory.js";

/** @typedef {import("../engine/client.js").Engine} Engine */
/** @typedef {import("../host.js").About} About */
/** @typedef {import("../host.js").Host} Host */
/** @typedef {import("../host.js").Opened} Opened */
/** @typedef {import("../memory.js").Keeper} Keeper */

const VISIT = "colorizer-visit";
const GONE = 410;
const NO_CONTENT = 204;
const STEPS_PER_UNIT = 100; // as colorizer.web.app sends chroma
const ASK_MS = 250;
// The server keeps photographs for an hour after the last sign.
const SIGN_MS = 60_000;

/** @implements {Host} */
export class ServerHost {
  #engine;
  #about;
  #storage;
  /** @type {string | null} */
  #key;

  /**
   * @param {Engine} engine draws the previews
   * @param {About} about
   * @param {Keeper} storage of this tab: reloading keeps it, and another tab is another visitor
   */
  constructor(engine, about, storage) {
    this.#engine = engine;
    this.#about = about;
    this.#storage = storage;
    this.#key = storage.getItem(VISIT);
    setInterval(() => this.#key && this.#ask("", { method: "POST" }).catch(() => {}), SIGN_MS);
  }

  /** @returns {Promise<Opened[]>} */
  async restore() {
    if (!this.#key) {
      await this.renew();
      return [];
    }
    try {
      const known = await this.#json("/photographs");
      return await Promise.all(known.map((/** @type {any} */ one) => this.#opened(one)));
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      await this.renew();
      throw error;
    }
  }

  async renew() {
    this.#key = null;
    const { key } = await this.#json("", { method: "POST" });
    this.#key = key;
    this.#storage.setItem(VISIT, key);
  }

  /**
   * @param {File} file
   * @returns {Promise<Opened>}
   */
  async add(file) {
    requireUsable(file, this.#about.limits);
    const name = encodeURIComponent(file.name || "photograph.png");
    const path = `/photographs?name=${name}`;
    return this.#opened(await this.#json(path, { method: "POST", body: file }));
  }

  /**
   * @param {number} index
   * @returns {Promise<Opened>}
   */
  async addExample(index) {
    return this.#opened(await this.#json(`/examples/${index}`, { method: "POST" }));
  }

  /** @param {string} id */
  async remove(id) {
    await this.#ask(`/photographs/${id}`, { method: "DELETE" });
  }

  /** @type {Host["predict"]} */
  async predict(id, seen) {
    const answer = await this.#ask(`/photographs/${id}/chroma`, sent(seen));
    const steps = new DataView(await answer.arrayBuffer());
    const width = Number(answer.headers.get("x-width"));
    const height = Number(answer.headers.get("x-height"));
    const count = 2 * width * height;
    const [own, given] = [0, count].map((start) =>
      Float32Array.from({ length: count }, (_, at) =>
        steps.getInt16(2 * (start + at), true) / STEPS_PER_UNIT,
      ),
    );
    return { width, height, own, given };
  }

  /** @type {Host["suggest"]} */
  suggest(id, place) {
    return this.#json(`/photographs/${id}/colors`, sent(place));
  }

  /** @type {Host["variants"]} */
  variants(id, seen) {
    return this.#json(`/photographs/${id}/variants`, sent(seen));
  }

  /** @type {Host["save"]} */
  async save(photographs, output, onProgress, signal) {
    const order = photographs.map(({ id, edits }) => ({ number: Number(id), ...edits }));
    const { number } = await this.#json("/results", sent({ photographs: order, ...output }));
    const path = `/results/${number}`;
    for (;;) {
      const { progress, done } = await this.#json(path);
      if (signal.aborted) {
        await this.#ask(path, { method: "DELETE" });
        signal.throwIfAborted();
      }
      if (done) break;
      onProgress(progress);
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
    download(`visits/${this.#key}${path}/file`, "");
  }

  /**
   * @param {{number: number, name: string, width: number, height: number}} told
   * @returns {Promise<Opened>}
   */
  async #opened({ number, name, width, height }) {
    const id = String(number);
    const preview = await this.#ask(`/photographs/${id}/preview`);
    await this.#engine.open(id, await preview.blob(), { maxPixels: Infinity });
    return { id, name, width, height };
  }

  /**
   * @param {string} path
   * @param {RequestInit} [request]
   */
  async #json(path, request) {
    return (await this.#ask(path, request)).json();
  }

  /**
   * @param {string} path within the visit
   * @param {RequestInit} [request]
   * @returns {Promise<Response>}
   */
  async #ask(path, request) {
    const own = this.#key ? `/${this.#key}` : "";
    let answer;
    try {
      answer = await fetch(`visits${own}${path}`, request);
    } catch {
      throw new SilentError("The colorizer does not answer. Is it still running?");
    }
    if (answer.ok || answer.status === NO_CONTENT) return answer;
    const { problem } = await answer.json().catch(() => ({}));
    const reason = problem ?? `The colorizer failed (${answer.status}).`;
    throw answer.status === GONE ? new GoneError(reason) : new Error(reason);
  }
}

/** @param {unknown} value @returns {RequestInit} */
function sent(value) {
  return { method: "POST", body: JSON.stringify(value) };
}

/**
 * Make the host of the edition with a server.
 *
 * @param {Engine} engine
 * @param {About} about
 * @returns {Promise<{host: Host, storage: Keeper}>} the host, and where the page may keep what was
 *   changed
 */
export async function createHost(engine, about) {
  const storage = allowed(() => sessionStorage);
  return { host: new ServerHost(engine, about, storage), storage };
}
