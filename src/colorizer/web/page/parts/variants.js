/** Several plausible colourings of the chosen photograph, as small pictures to choose from. */

import { button, draw, find } from "./dom.js";

/**
 * @typedef {object} VariantEvents
 * @property {() => void} onPropose the visitor wants some, or no longer
 * @property {(number: number) => void} onChoose
 */

/** The part of the page where a colouring is chosen. */
export class Variants {
  #root = find("#variants");
  #propose = find(".propose", this.#root, HTMLButtonElement);
  #list = find("ul", this.#root);
  #onChoose;

  /** @param {VariantEvents} events */
  constructor({ onPropose, onChoose }) {
    this.#onChoose = onChoose;
    this.#propose.addEventListener("click", onPropose);
  }

  /** @param {boolean} knowsColors whether the network knows how likely colours are */
  offer(knowsColors) {
    this.#root.hidden = !knowsColors;
  }

  /** @param {boolean} isBusy whether some are being looked for */
  wait(isBusy) {
    // Not disabled, or it would lose the focus.
    this.#propose.setAttribute("aria-disabled", String(isBusy));
    this.#nameButton();
  }

  get isWaiting() {
    return this.#propose.getAttribute("aria-disabled") === "true";
  }

  /** @param {number} count of the colourings, which are still to be drawn */
  show(count) {
    const items = Array.from({ length: count }, (_, at) => {
      const canvas = document.createElement("canvas");
      const item = document.createElement("li");
      const label = at ? `Colouring ${at + 1}` : "Colouring 1, as it was";
      item.append(button(label, () => this.#onChoose(at), [canvas]));
      return item;
    });
    this.#list.replaceChildren(...items);
    this.#nameButton();
  }

  /**
   * @param {number} number of the colouring
   * @param {ImageBitmap} bitmap is drawn and closed
   */
  draw(number, bitmap) {
    draw(this.#list.querySelectorAll("canvas")[number], bitmap);
  }

  #nameButton() {
    const next = this.#list.children.length ? "Hide" : "Show";
    this.#propose.textContent = this.isWaiting ? "Looking…" : next;
  }

  /** @param {number | null} chosen which of them is shown large */
  mark(chosen) {
    this.#list.querySelectorAll("button").forEach((one, at) => {
      one.setAttribute("aria-pressed", String(at === chosen));
    });
  }
}
