/** The page's side of the engine: calls to the worker, as promises. */

/** @typedef {import("./full_size.js").Chroma} Chroma */
/** @typedef {import("./messages.js").ColorHint} ColorHint */
/** @typedef {import("./messages.js").Loaded} Loaded */
/** @typedef {import("./messages.js").LoadOptions} LoadOptions */
/** @typedef {import("./messages.js").Methods} Methods */
/** @typedef {import("./messages.js").Place} Place */
/** @typedef {import("./messages.js").Reply} Reply */
/** @typedef {import("./photograph.js").Output} Output */
/** @typedef {import("./view.js").Size} Size */

/**
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((share: number) => void) | undefined} onProgress
 */

/**
 * Colours photographs in a worker; every promise is rejected with an `Error` whose message is for
 * the visitor.
 */
export class Engine {
  #worker;
  #calls = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** @type {Error | null} why it answers no more */
  #failure = null;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#settle(data));
    this.#worker.addEventListener("error", (event) => {
      const told = event.message ? `: ${event.message}` : "";
      this.#failAll(new Error(`The page's engine has stopped${told}. Reload the page.`));
    });
  }

  /**
   * Load the network, for pages without a server that predicts.
   *
   * @param {LoadOptions} options URLs are relative to the page
   * @returns {Promise<Loaded>}
   */
  load({ network: { model, weights, card }, runtime, threads }) {
    const [modelUrl, weightsUrl, cardUrl, runtimeUrl] = [model, weights, card, runtime].map(
      (url) => new URL(url, self.location.href).href,
    );
    const network = { model: modelUrl, weights: weightsUrl, card: cardUrl };
    return this.#call("load", [{ network, runtime: runtimeUrl, threads }]);
  }

  /**
   * Open a photograph.
   *
   * @param {string} id by which it is called from then on
   * @param {Blob} blob its file
   * @param {{maxPixels: number}} limits the most that it may have
   * @returns {Promise<Size>} upright
   */
  open(id, blob, limits) {
    return this.#call("open", [id, blob, limits]);
  }

  /**
   * A photograph in its own colours.
   *
   * @param {string} id
   * @param {number} longest the longer side in pixels, up to 2048; it is never enlarged
   * @returns {Promise<ImageBitmap>}
   */
  before(id, longest) {
    return this.#call("before", [id, longest]);
  }

  /**
   * Predict a photograph's chroma; {@link load} the network first.
   *
   * @param {string} id
   * @param {ColorHint[]} hints
   * @param {number | null} [side] the shorter side in pixels of what the network sees; null for
   *   what it was trained for
   * @returns {Promise<Chroma>}
   */
  predict(id, hints, side = null) {
    return this.#call("predict", [id, hints, side]);
  }

  /**
   * The likeliest colours of a place; {@link load} the network first.
   *
   * @param {string} id
   * @param {Place} place
   * @param {number | null} [side] as in {@link predict}
   * @returns {Promise<string[]>} `#rrggbb`, the likeliest first
   */
  suggest(id, place, side = null) {
    return this.#call("suggest", [id, place, side]);
  }

  /**
   * Several plausible colourings; {@link load} the network first.
   *
   * @param {string} id
   * @param {ColorHint[]} hints part of all of them
   * @param {number | null} [side] as in {@link predict}
   * @returns {Promise<ColorHint[][]>} what each adds to these hints; the first adds none
   */
  variants(id, hints, side = null) {
    return this.#call("variants", [id, hints, side]);
  }

  /**
   * A photograph in colour, to be shown.
   *
   * @param {string} id
   * @param {Chroma} chroma for the whole photograph, at any size
   * @param {number} strength factor for the network's own part, at least 0
   * @param {number} longest as in {@link before}
   * @returns {Promise<ImageBitmap>}
   */
  render(id, chroma, strength, longest) {
    return this.#call("render", [id, chroma, strength, longest]);
  }

  /**
   * A photograph in colour at its own size, as a file.
   *
   * @param {string} id
   * @param {Chroma} chroma as in {@link render}
   * @param {number} strength as in {@link render}
   * @param {Output} output
   * @param {(share: number) => void} [onProgress] is told how much is painted, from 0 to 1; then
   *   the file is written
   * @param {AbortSignal} [signal] cancels; the promise is rejected with its reason
   * @returns {Promise<Blob>}
   */
  result(id, chroma, strength, output, onProgress, signal) {
    return this.#call("result", [id, chroma, strength, output], onProgress, signal);
  }

  /**
   * Forget a photograph; whatever is still being made of it is rejected.
   *
   * @param {string} id
   * @returns {Promise<void>}
   */
  close(id) {
    return this.#call("close", [id]);
  }

  /** End the worker, and all that it does. */
  stop() {
    this.#worker.terminate();
    this.#failAll(new Error("The page's engine was stopped."));
  }

  /**
   * @template {keyof Methods} M
   * @param {M} method
   * @param {Parameters<Methods[M]>} args
   * @param {(share: number) => void} [onProgress]
   * @param {AbortSignal} [signal]
   * @returns {ReturnType<Methods[M]>}
   */
  #call(method, args, onProgress, signal) {
    const call = this.#calls;
    this.#calls += 1;
    const answered = new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#failure) {
        throw this.#failure;
      }
      this.#waiting.set(call, { resolve, reject, onProgress });
      this.#worker.postMessage({ call, method, args });
      signal?.addEventListener("abort", () => {
        if (this.#waiting.delete(call)) {
          this.#worker.postMessage({ cancel: call });
          reject(signal.reason);
        }
      });
    });
    return /** @type {ReturnType<Methods[M]>} */ (answered);
  }

  /** @param {Reply} reply */
  #settle(reply) {
    const waiting = this.#waiting.get(reply.call);
    if ("progress" in reply) {
      waiting?.onProgress?.(reply.progress);
      return;
    }
    this.#waiting.delete(reply.call);
    if ("error" in reply) {
      waiting?.reject(new Error(reply.error));
    } else {
      waiting?.resolve(reply.value);
    }
  }

  /** @param {Error} error */
  #failAll(error) {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
