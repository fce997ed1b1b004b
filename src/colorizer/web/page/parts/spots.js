/** The dots on a photograph: they can be chosen, moved and deleted, by mouse, touch and keys. */

import { button } from "./dom.js";

/**
 * @typedef {import("../edits.js").Dot} Dot
 * @typedef {import("./viewport.js").Point} Point
 */

/**
 * @typedef {object} SpotEvents
 * @property {(index: number) => void} onSelect
 * @property {(index: number, place: Point) => void} onMove while it moves
 * @property {() => void} onMoved
 * @property {(index: number) => void} onRemove
 */

// How far an arrow key moves a dot, as a share of the photograph.
const STEP = 0.01;
const ARROWS = /** @type {Record<string, Point>} */ ({
  ArrowLeft: { x: -STEP, y: 0 }, ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP }, ArrowDown: { x: 0, y: STEP },
});

/** The dots of the photograph that is shown. */
export class Spots {
  #root;
  #toPane;
  #toPhotograph;
  #reveal;
  #shorterSide;
  #events;
  #circle = document.createElement("div");
  /** @type {Dot[]} */
  #dots = [];
  /** @type {number | null} */
  #selected = null;

  /**
   * @param {HTMLElement} root
   * @param {(place: Point) => Point} toPane
   * @param {(event: PointerEvent) => Point} toPhotograph
   * @param {(place: Point) => void} reveal has a place seen
   * @param {() => number} shorterSide of the photograph as it is shown, in CSS pixels
   * @param {SpotEvents} events
   */
  constructor(root, toPane, toPhotograph, reveal, shorterSide, events) {
    this.#root = document.createElement("div");
    this.#circle.className = "circle";
    root.append(this.#circle, this.#root);
    this.#toPane = toPane;
    this.#toPhotograph = toPhotograph;
    this.#reveal = reveal;
    this.#shorterSide = shorterSide;
    this.#events = events;
  }

  /**
   * @param {Dot[]} dots
   * @param {number | null} selected
   */
  show(dots, selected) {
    this.#dots = dots;
    this.#selected = selected;
    while (this.#root.children.length > dots.length) this.#root.lastElementChild?.remove();
    while (this.#root.children.length < dots.length) {
      this.#root.append(this.#made(this.#root.children.length));
    }
    this.#buttons.forEach((spot, index) => {
      spot.style.background = dots[index].color;
      spot.setAttribute("aria-pressed", String(index === selected));
    });
    this.place();
  }

  /** Put the dots where their places now are. */
  place() {
    this.#buttons.forEach((spot, index) => {
      const { x, y } = this.#toPane(this.#dots[index]);
      spot.style.left = `${x}px`;
      spot.style.top = `${y}px`;
    });
    const selected = this.#selected === null ? null : this.#dots[this.#selected];
    this.#circle.hidden = !selected?.reach;
    if (selected?.reach) {
      const { x, y } = this.#toPane(selected);
      const diameter = 2 * selected.reach * this.#shorterSide();
      Object.assign(this.#circle.style, {
        left: `${x}px`, top: `${y}px`, width: `${diameter}px`, height: `${diameter}px`,
      });
    }
  }

  /**
   * @param {number} index
   * @returns {boolean} whether there is such a dot
   */
  focus(index) {
    this.#buttons[index]?.focus();
    return Boolean(this.#buttons[index]);
  }

  get #buttons() {
    return /** @type {HTMLButtonElement[]} */ ([...this.#root.children]);
  }

  /** @param {number} index @returns {HTMLButtonElement} */
  #made(index) {
    const made = button(`Colour ${index + 1}`, () => this.#events.onSelect(index), []);
    made.addEventListener("pointerdown", (event) => this.#drag(made, index, event));
    made.addEventListener("focus", () => {
      // By keys; what the mouse is on is seen, and must not slip away from under it.
      if (made.matches(":focus-visible")) this.#reveal(this.#dots[index]);
    });
    made.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (step) {
        const { x, y } = this.#dots[index];
        this.#events.onMove(index, { x: x + step.x, y: y + step.y });
        this.#reveal(this.#dots[index]);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        this.#events.onRemove(index);
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    });
    made.addEventListener("keyup", (event) => {
      if (ARROWS[event.key]) this.#events.onMoved();
    });
    return made;
  }

  /**
   * @param {HTMLButtonElement} spot
   * @param {number} index
   * @param {PointerEvent} pressed
   */
  #drag(spot, index, pressed) {
    pressed.stopPropagation();
    if (pressed.button) return;
    spot.setPointerCapture(pressed.pointerId);
    const at = this.#toPhotograph(pressed);
    const from = this.#dots[index];
    const move = (/** @type {PointerEvent} */ event) => {
      const { x, y } = this.#toPhotograph(event);
      this.#events.onMove(index, { x: from.x + x - at.x, y: from.y + y - at.y });
    };
    const end = () => {
      spot.removeEventListener("pointermove", move);
      this.#events.onMoved();
    };
    spot.addEventListener("pointermove", move);
    spot.addEventListener("lostpointercapture", end, { once: true });
  }
}
