/** What can be done with the selected dot: another colour, how far it reaches, and deleting it. */

import { LEAST_REACH } from "../edits.js";
import { button, find } from "./dom.js";

/** @typedef {import("../edits.js").Dot} Dot */

/**
 * @typedef {object} DotEvents
 * @property {(color: string) => void} onColor
 * @property {(reach: number | null) => void} onReach while it changes
 * @property {() => void} onReached
 * @property {() => void} onRemove
 */

const PERCENT = 100;
// The slider's last stop.
const EVERYWHERE = PERCENT + 1;

/** The part of the page for the selected dot. */
export class DotTools {
  #root = find("#swatches .dot-tools");
  #likely = find(".likely", this.#root);
  #reach = find(".reach", this.#root, HTMLInputElement);

  #onColor;

  /** @param {DotEvents} events */
  constructor({ onColor, onReach, onReached, onRemove }) {
    this.#onColor = onColor;
    this.#reach.min = String(LEAST_REACH * PERCENT);
    this.#reach.max = String(EVERYWHERE);
    this.#reach.addEventListener("input", () => {
      const stop = this.#reach.valueAsNumber;
      onReach(stop === EVERYWHERE ? null : stop / PERCENT);
    });
    this.#reach.addEventListener("change", onReached);
    find(".remove-dot", this.#root).addEventListener("click", onRemove);
  }

  /** @param {Dot | null} dot the selected one */
  show(dot) {
    this.#root.hidden = !dot;
    if (!dot) return;
    const { color, reach } = dot;
    find(".own", this.#root).style.background = color;
    this.#reach.value = String(reach === null ? EVERYWHERE : Math.round(reach * PERCENT));
    const told = reach === null ? "all alike" : `${Math.round(reach * PERCENT)} %`;
    find(".reached", this.#root).textContent = told;
    this.#reach.setAttribute("aria-valuetext", told);
    for (const one of this.#likely.querySelectorAll("button")) {
      one.setAttribute("aria-pressed", String(one.dataset.color === color));
    }
  }

  /** @param {string[]} colors what is likely at the dot, the likeliest first; none if unknown */
  suggest(colors) {
    const buttons = colors.map((color, at) => {
      const dot = document.createElement("span");
      dot.className = "dot";
      dot.style.background = color;
      const made = button(`Likely colour ${at + 1}: ${color}`, () => this.#onColor(color), [dot]);
      made.dataset.color = color;
      made.title = color;
      return made;
    });
    find("div", this.#likely).replaceChildren(...buttons);
    this.#likely.hidden = !colors.length;
  }
}
