/** The visitor's photographs, and what is done with them. */

import { History } from "./edits.js";
import { GoneError } from "./host.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./engine/client.js").Engine} Engine */
/** @typedef {import("./host.js").Chroma} Chroma */
/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./host.js").Opened} Opened */
/** @typedef {import("./host.js").Output} Output */

/** @typedef {File | number} Source a file, or an example by its number */

/** A photograph on the page. */
class Photograph {
  /** @type {{dots: Dot[], chroma: Chroma} | null} what was predicted last */
  predicted = null;

  /**
   * @param {Opened} opened
   * @param {Edits} edits
   * @param {Source | null} source null if it was there before the page was reloaded
   */
  constructor({ id, name, width, height }, edits, source) {
    this.id = id;
    this.name = name;
    this.size = { width, height };
    this.history = new History(edits);
    this.source = source;
  }
}

/** All photographs, in order; if the host forgets them, they are given to it anew. */
export class Gallery {
  #host;
  #engine;
  #strength;
  /** @type {Photograph[]} */
  photographs = [];
  /** @type {Promise<string[]> | null} */
  #recovery = null;
  /** @type {(names: string[]) => void} */
  #onLost;

  /**
   * @param {Host} host
   * @param {Engine} engine
   * @param {number} strength to begin with
   * @param {(names: string[]) => void} onLost is told which photographs a host that began anew
   *   cannot be given again
   */
  constructor(host, engine, strength, onLost) {
    this.#host = host;
    this.#engine = engine;
    this.#strength = strength;
    this.#onLost = onLost;
  }

  /**
   * Show the photographs of before the page was reloaded.
   *
   * @param {Record<string, Edits>} edits by their ids
   */
  async restore(edits) {
    for (const opened of await this.#host.restore()) {
      const own = edits[opened.id] ?? { dots: [], strength: this.#strength };
      this.photographs.push(new Photograph(opened, own, null));
    }
  }

  /**
   * Open a photograph.
   *
   * @param {Source} source
   * @returns {Promise<Photograph>}
   */
  async add(source) {
    const opened = await this.#asked(() => this.#open(source));
    const edits = { dots: [], strength: this.#strength };
    const photograph = new Photograph(opened, edits, source);
    this.photographs.push(photograph);
    return photograph;
  }

  /** @param {Photograph} photograph */
  async remove(photograph) {
    this.photographs = this.photographs.filter((one) => one !== photograph);
    await this.#engine.close(photograph.id);
    await this.#host.remove(photograph.id).catch(() => {}); // it forgets them all in time
  }

  /**
   * Draw a photograph in colour, as it is to be now.
   *
   * @param {Photograph} photograph
   * @param {number} longest the longer side in pixels
   * @returns {Promise<ImageBitmap>}
   */
  async render(photograph, longest) {
    const { dots } = photograph.history.now;
    if (photograph.predicted?.dots !== dots) {
      const chroma = await this.#asked(() => this.#host.predict(photograph.id, dots));
      photograph.predicted = { dots, chroma };
    }
    const { strength } = photograph.history.now;
    return this.#engine.render(photograph.id, photograph.predicted.chroma, strength, longest);
  }

  /**
   * Give photographs to the visitor, at full size.
   *
   * @param {Photograph[]} photographs
   * @param {Output} output
   * @param {(share: number) => void} onProgress
   * @param {AbortSignal} signal
   */
  save(photographs, output, onProgress, signal) {
    return this.#asked(() => {
      const edited = photographs.map(({ id, history }) => ({ id, edits: history.now }));
      return this.#host.save(edited, output, onProgress, signal);
    });
  }

  /** @param {Source} source @returns {Promise<Opened>} */
  #open(source) {
    return typeof source === "number" ? this.#host.addExample(source) : this.#host.add(source);
  }

  /**
   * Ask the host, and once more if it had forgotten us.
   *
   * @template T
   * @param {() => Promise<T>} question
   * @returns {Promise<T>}
   */
  async #asked(question) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      this.#recovery ??= this.#recover().finally(() => { this.#recovery = null; });
      const lost = await this.#recovery;
      if (lost.length) throw error;
      return question();
    }
  }

  /** @returns {Promise<string[]>} the names of photographs that are lost */
  async #recover() {
    await this.#host.renew();
    const lost = this.photographs.filter(({ source }) => source === null);
    this.photographs = this.photographs.filter(({ source }) => source !== null);
    for (const { id } of [...lost, ...this.photographs]) await this.#engine.close(id);
    for (const photograph of this.photographs) {
      photograph.id = (await this.#open(/** @type {Source} */ (photograph.source))).id;
    }
    const names = lost.map(({ name }) => name);
    this.#onLost(names);
    return names;
  }
}
