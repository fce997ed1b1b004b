/** What can be done with the selected dot: another colour, how far it reaches, and deleting it. */

import { LEAST_REACH } from "../edits.js";
import { abOf } from "../engine/lab.js";
import { difference } from "../engine/suggestions.js";
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
// Colours of the same lightness that differ by more go by different names.
const ALIKE = 15;

/** The part of the page for the selected dot. */
export class DotTools {
  #root = find("#swatches .dot-tools");
  #likely = find(".likely", this.#root);
  #reach = find(".reach", this.#root, HTMLInputElement);

  #palette;
  #onColor;

  /**
   * @param {Record<string, string>} palette colours by name
   * @param {DotEvents} events
   */
  constructor(palette, { onColor, onReach, onReached, onRemove }) {
    this.#palette = palette;
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
      const name = nameOf(color, this.#palette);
      const made = button(`Likely colour ${at + 1}: ${name}`, () => this.#onColor(color), [dot]);
      made.dataset.color = color;
      made.title = name;
      return made;
    });
    find("div", this.#likely).replaceChildren(...buttons);
    this.#likely.hidden = !colors.length;
  }
}

/**
 * Say what a colour is like, for those who cannot tell by its looks.
 *
 * @param {string} color `#rrggbb`
 * @param {Record<string, string>} palette colours by name
 * @returns {string} the name of the palette's nearest, if it is near, and `#rrggbb`
 */
export function nameOf(color, palette) {
  const [own, others] = [abOf(color), Object.entries(palette)];
  const distances = others.map(([, other]) => difference(own, abOf(other)));
  const least = Math.min(...distances);
  return least > ALIKE ? color : `like ${others[distances.indexOf(least)][0]}, ${color}`;
}
