/** What a visitor changed, kept while they reload the page. */

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {{chosen: string | null, edits: Record<string, Edits>}} Remembered */
/** @typedef {Pick<Storage, "getItem" | "setItem">} Keeper */

const KEY = "colorizer-edits";

/** @type {Keeper} for where the browser allows none */
const NOWHERE = { getItem: () => null, setItem() {} };

/**
 * Return a storage of the browser's, whose mere mention fails where visitors have forbidden it.
 *
 * @param {() => Storage} named
 * @returns {Keeper}
 */
export function allowed(named) {
  try {
    return named();
  } catch {
    return NOWHERE;
  }
}

/** Edits by photograph, in the browser's storage. */
export class Memory {
  #storage;

  /** @param {Keeper} storage of the tab, or of the browser */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @returns {Remembered} nothing if it cannot be read */
  recall() {
    try {
      return { chosen: null, edits: {}, ...JSON.parse(this.#storage.getItem(KEY) ?? "{}") };
    } catch {
      return { chosen: null, edits: {} };
    }
  }

  /** @param {Remembered} remembered */
  keep(remembered) {
    try {
      this.#storage.setItem(KEY, JSON.stringify(remembered));
    } catch {
      // No room, or not allowed: all is there until the page is reloaded.
    }
  }
}
