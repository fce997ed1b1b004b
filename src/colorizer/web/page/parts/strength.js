/** How vivid the network's own colours are. */

import { usableStrength } from "../edits.js";
import { find } from "./dom.js";

/**
 * @typedef {object} StrengthEvents
 * @property {(strength: number) => void} onSlide while it is being moved
 * @property {() => void} onSettle when it has been moved
 * @property {() => void} onReset
 * @property {() => void} onForAll
 */

/** A slider, a field and a way back, which always show the same strength. */
export class Strength {
  #root = find("#strength");
  #slider = find("[type=range]", this.#root, HTMLInputElement);
  #field = find("[type=number]", this.#root, HTMLInputElement);
  #strength = 1;

  /** @param {StrengthEvents} events */
  constructor({ onSlide, onSettle, onReset, onForAll }) {
    this.#slider.addEventListener("input", () => {
      this.show(this.#slider.valueAsNumber);
      onSlide(this.#strength);
    });
    this.#slider.addEventListener("change", onSettle);
    this.#field.addEventListener("change", () => {
      const usable = usableStrength(this.#field.valueAsNumber, this.#strength);
      this.show(Number(usable.toFixed(2))); // no finer than what can be shown
      onSlide(this.#strength);
      onSettle();
    });
    find(".reset", this.#root).addEventListener("click", onReset);
    find(".for-all", this.#root).addEventListener("click", onForAll);
  }

  /** @param {number} strength */
  show(strength) {
    this.#strength = strength;
    this.#slider.value = String(strength);
    this.#field.value = String(Number(strength.toFixed(2)));
  }

  /** @param {boolean} areSeveral whether there are other photographs */
  offerAll(areSeveral) {
    find(".for-all", this.#root).hidden = !areSeveral;
  }
}
