/** The visitor's photographs, and what is done with them. */

import { History } from "./edits.js";
import { GoneError, SilentError } from "./host.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./engine/client.js").Engine} Engine */
/** @typedef {import("./host.js").Chroma} Chroma */
/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./host.js").Opened} Opened */
/** @typedef {import("./host.js").Output} Output */

/** @typedef {File | number} Source a file, or an example by its number */

/**
 * What was predicted for a photograph with these dots, seen at this size.
 *
 * @typedef {{dots: Dot[], size: number | null, chroma: Chroma}} Predicted
 */

/** A photograph on the page. */
class Photograph {
  /** @type {Predicted | null} what was predicted last for what it is to be */
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
  #isForgotten = false;
  /** @type {Promise<void> | null} */
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
      const own = edits[opened.id] ?? this.#untouched;
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
    const photograph = new Photograph(opened, this.#untouched, source);
    this.photographs.push(photograph);
    return photograph;
  }

  /** @returns {Edits} */
  get #untouched() {
    return { dots: [], strength: this.#strength, size: null };
  }

  /** @param {Photograph} photograph */
  async remove(photograph) {
    this.photographs = this.photographs.filter((one) => one !== photograph);
    await this.#engine.close(photograph.id);
    await this.#host.remove(photograph.id).catch(() => {}); // it forgets them all in time
  }

  /**
   * Return the photograph that comes after another, or before it.
   *
   * @param {Photograph | null} photograph
   * @param {1 | -1} [step]
   * @returns {Photograph | undefined}
   */
  beside(photograph, step = 1) {
    return this.photographs[this.photographs.findIndex((one) => one === photograph) + step];
  }

  /**
   * Draw a photograph in colour, as it is to be now.
   *
   * @param {Photograph} photograph
   * @param {() => number} longest the longer side in pixels, asked for once the network is done
   * @returns {Promise<ImageBitmap>}
   */
  async render(photograph, longest) {
    const predicted = await this.predict(photograph, photograph.history.now.dots);
    return this.paint(photograph, predicted, longest());
  }

  /**
   * Predict a photograph's colours.
   *
   * @param {Photograph} photograph
   * @param {Dot[]} dots its own, or others
   * @returns {Promise<Predicted>}
   */
  async predict(photograph, dots) {
    const { predicted, history: { now: { size } } } = photograph;
    if (predicted?.dots === dots && predicted.size === size) return predicted;
    const ask = () => this.#host.predict(photograph.id, { dots, size });
    const made = { dots, size, chroma: await this.#asked(ask, [photograph]) };
    if (dots === photograph.history.now.dots) photograph.predicted = made;
    return made;
  }

  /**
   * Draw a photograph in what was predicted, as strong as it is to be now.
   *
   * @param {Photograph} photograph
   * @param {Predicted} predicted
   * @param {number} longest the longer side in pixels
   * @returns {Promise<ImageBitmap>}
   */
  paint(photograph, { chroma }, longest) {
    const { strength } = photograph.history.now;
    return this.#engine.render(photograph.id, chroma, strength, longest);
  }

  /**
   * Find the likeliest colours of a place.
   *
   * @param {Photograph} photograph
   * @param {{x: number, y: number}} place
   * @returns {Promise<string[]>} `#rrggbb`, the likeliest first
   */
  suggest(photograph, { x, y }) {
    const { size } = photograph.history.now;
    return this.#asked(() => this.#host.suggest(photograph.id, { x, y, size }), [photograph]);
  }

  /**
   * Find several plausible colourings.
   *
   * @param {Photograph} photograph
   * @returns {Promise<Dot[][]>} what each adds to the photograph's dots; the first adds none
   */
  variants(photograph) {
    const { dots, size } = photograph.history.now;
    return this.#asked(() => this.#host.variants(photograph.id, { dots, size }), [photograph]);
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
    }, photographs);
  }

  /** @param {Source} source @returns {Promise<Opened>} */
  async #open(source) {
    if (typeof source === "number") return this.#host.addExample(source);
    await checkReadable(source);
    return this.#host.add(source);
  }

  /**
   * Ask the host, and once more if it had forgotten us.
   *
   * @template T
   * @param {() => Promise<T>} question
   * @param {Photograph[]} [photographs] which it is about
   * @returns {Promise<T>}
   */
  async #asked(question, photographs = []) {
    if (!this.#isForgotten) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof GoneError)) throw error;
        this.#isForgotten = true;
      }
    }
    this.#recovery ??= this.#recover().finally(() => { this.#recovery = null; });
    await this.#recovery;
    if (photographs.some((one) => !this.photographs.includes(one))) {
      throw new GoneError("Some of these photographs are not there any more.");
    }
    return question();
  }

  /** Give all photographs anew; if the host falls silent, the next question begins again. */
  async #recover() {
    await this.#host.renew();
    for (const { id } of this.photographs) await this.#engine.close(id);
    /** @type {Photograph[]} */
    const lost = [];
    for (const photograph of this.photographs) {
      if (!(await this.#reopen(photograph))) lost.push(photograph);
    }
    this.photographs = this.photographs.filter((one) => !lost.includes(one));
    this.#isForgotten = false;
    this.#onLost(lost.map(({ name }) => name));
  }

  /**
   * @param {Photograph} photograph
   * @returns {Promise<boolean>} false if it is lost
   */
  async #reopen(photograph) {
    if (photograph.source === null) return false;
    try {
      photograph.id = (await this.#open(photograph.source)).id;
      return true;
    } catch (error) {
      if (error instanceof SilentError || error instanceof GoneError) throw error;
      return false;
    }
  }
}

/**
 * Refuse what browsers cannot send, which would look as if the host did not answer.
 *
 * @param {File} file
 */
async function checkReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error("It cannot be read: it is a folder, or was moved or changed.");
  }
}
