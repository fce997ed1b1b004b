/** Which part of a photograph is seen, and how large. */

/**
 * @typedef {{x: number, y: number}} Point
 * @typedef {import("../engine/view.js").Size} Size
 */

// Pixels on the screen for one of the photograph: when it fits, and when it is zoomed in.
const LARGEST_FITTING = 2;
const LARGEST = 8;
// CSS pixels between a place that is to be seen and the pane's edge.
const MARGIN = 24;

/** Zoom and position of a photograph in a pane. */
export class Viewport {
  /** @type {Size} */
  #pane = { width: 1, height: 1 };
  /** @type {Size} */
  #photograph = { width: 1, height: 1 };
  #zoom = 1;
  /** @type {Point} the place in the middle of the pane, as shares of the photograph */
  #middle = { x: 0.5, y: 0.5 };

  /** @param {Size} pane in CSS pixels */
  resize(pane) {
    this.#pane = { width: Math.max(1, pane.width), height: Math.max(1, pane.height) };
    this.#keepInside();
  }

  /** @param {Size} photograph in its own pixels; it is shown whole */
  open(photograph) {
    this.#photograph = photograph;
    this.fit();
  }

  /** Show the whole photograph. */
  fit() {
    this.#zoom = 1;
    this.#middle = { x: 0.5, y: 0.5 };
  }

  get isZoomed() {
    return this.#zoom > 1;
  }

  /** @returns {Point} the place in the middle of the pane */
  get middle() {
    return this.#middle;
  }

  /** @returns {Size} of the photograph in CSS pixels */
  get size() {
    const { width, height } = this.#photograph;
    return { width: width * this.#scale, height: height * this.#scale };
  }

  /** @returns {Point} the photograph's upper left corner, in CSS pixels from the pane's */
  get corner() {
    return this.toPane({ x: 0, y: 0 });
  }

  /**
   * @param {Point} place shares of the photograph
   * @returns {Point} CSS pixels from the pane's upper left corner
   */
  toPane({ x, y }) {
    const { width, height } = this.size;
    return {
      x: this.#pane.width / 2 + (x - this.#middle.x) * width,
      y: this.#pane.height / 2 + (y - this.#middle.y) * height,
    };
  }

  /**
   * @param {Point} point CSS pixels from the pane's upper left corner
   * @returns {Point} shares of the photograph; outside [0, 1] if it is beside the photograph
   */
  toPhotograph({ x, y }) {
    const { width, height } = this.size;
    return {
      x: this.#middle.x + (x - this.#pane.width / 2) / width,
      y: this.#middle.y + (y - this.#pane.height / 2) / height,
    };
  }

  /**
   * Zoom, while the place under a point stays there.
   *
   * @param {number} factor
   * @param {Point} [point] CSS pixels from the pane's upper left corner; its middle by default
   */
  zoom(factor, point = { x: this.#pane.width / 2, y: this.#pane.height / 2 }) {
    const fixed = this.toPhotograph(point);
    const most = Math.max(1, LARGEST / this.#fitting);
    this.#zoom = Math.min(most, Math.max(1, this.#zoom * factor));
    const moved = this.toPane(fixed);
    this.pan(point.x - moved.x, point.y - moved.y);
  }

  /**
   * Move the photograph.
   *
   * @param {number} right CSS pixels
   * @param {number} down
   */
  pan(right, down) {
    const { width, height } = this.size;
    this.#middle = { x: this.#middle.x - right / width, y: this.#middle.y - down / height };
    this.#keepInside();
  }

  /**
   * Pan as little as it takes for a place to be seen.
   *
   * @param {Point} place shares of the photograph
   */
  reveal(place) {
    const { x, y } = this.toPane(place);
    this.pan(inwards(x, this.#pane.width), inwards(y, this.#pane.height));
  }

  get #fitting() {
    const { width, height } = this.#photograph;
    return Math.min(this.#pane.width / width, this.#pane.height / height, LARGEST_FITTING);
  }

  get #scale() {
    return this.#fitting * this.#zoom;
  }

  #keepInside() {
    const { width, height } = this.size;
    this.#middle = {
      x: inside(this.#middle.x, this.#pane.width / width),
      y: inside(this.#middle.y, this.#pane.height / height),
    };
  }
}

/**
 * @param {number} at CSS pixels from one end of the pane
 * @param {number} side of the pane
 * @returns {number} by how much it must be moved to be seen
 */
function inwards(at, side) {
  const margin = Math.min(MARGIN, side / 2);
  return Math.max(0, margin - at) + Math.min(0, side - margin - at);
}

/**
 * @param {number} middle share
 * @param {number} seen how much of the photograph's side the pane shows; more than 1 if it fits
 * @returns {number} the nearest middle that leaves nothing empty without need
 */
function inside(middle, seen) {
  return seen >= 1 ? 0.5 : Math.min(1 - seen / 2, Math.max(seen / 2, middle));
}
