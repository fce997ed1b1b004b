/** What a visitor changes in a photograph, with its history. */

/**
 * A place in a photograph, and the colour that it is to have.
 *
 * @typedef {object} Dot
 * @property {number} x share of the upright photograph's width from the left, in [0, 1]
 * @property {number} y share of its height from the top, in [0, 1]
 * @property {string} color `#rrggbb`; its lightness does not matter
 * @property {number | null} reach how far it counts, as a share of the photograph's shorter side, in
 *   [{@link LEAST_REACH}, 1]; null where the network decides
 */

/**
 * @typedef {object} Edits
 * @property {Dot[]} dots the newest last
 * @property {number} strength factor for the network's own colours, 0 to {@link MOST_STRENGTH}
 * @property {number | null} size pixels of the shorter side of what the network sees, one of
 *   {@link SIZES}; null for what it was trained for
 */

export const MOST_STRENGTH = 2;
export const MOST_DOTS = 100;
export const LEAST_REACH = 0.02;
export const SIZES = [128, 192, 256, 384, 512];
const MOST_STEPS = 200;

/**
 * Return a strength that can be used.
 *
 * @param {number} value as typed: anything, even no number
 * @param {number} otherwise what to return if it is no number
 * @returns {number} within [0, {@link MOST_STRENGTH}]
 */
export function usableStrength(value, otherwise) {
  return Number.isFinite(value) ? Math.min(MOST_STRENGTH, Math.max(0, value)) : otherwise;
}

/**
 * Return dots with one of them changed.
 *
 * @param {Dot[]} dots
 * @param {number} index which one
 * @param {Partial<Dot>} change places are kept within the photograph
 * @returns {Dot[]}
 */
export function withChanged(dots, index, change) {
  const dot = { ...dots[index], ...change };
  const changed = { ...dot, x: within(dot.x), y: within(dot.y) };
  return dots.map((dot, at) => (at === index ? changed : dot));
}

/** @param {number} share @returns {number} within [0, 1] */
function within(share) {
  return Math.min(1, Math.max(0, share));
}

/** Edits that can be undone and redone. */
export class History {
  /** @type {Edits[]} */
  #past = [];
  /** @type {Edits[]} */
  #future = [];
  /** @type {string | null} */
  #last = null;

  /** @param {Edits} first */
  constructor(first) {
    this.now = first;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Take a step.
   *
   * @param {Partial<Edits>} change
   * @param {string | null} [gesture] steps of the same gesture, such as moving one dot, count as
   *   one; null if this is a step of its own
   */
  change(change, gesture = null) {
    if (gesture === null || gesture !== this.#last) {
      this.#past.push(this.now);
      this.#past.splice(0, this.#past.length - MOST_STEPS);
    }
    this.#last = gesture;
    this.#future = [];
    this.now = { ...this.now, ...change };
  }

  /** End a gesture: what follows is another step. */
  settle() {
    this.#last = null;
  }

  /** Go a step back, if there is one. */
  undo() {
    this.#step(this.#past, this.#future);
  }

  /** Go a step forward again, if there is one. */
  redo() {
    this.#step(this.#future, this.#past);
  }

  /**
   * @param {Edits[]} from
   * @param {Edits[]} to
   */
  #step(from, to) {
    const next = from.pop();
    if (next) {
      to.push(this.now);
      this.now = next;
    }
    this.#last = null;
  }
}
