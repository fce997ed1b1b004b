/** Colours to give to places, and what can be done with the dots that are there. */

import { button, find } from "./dom.js";

const PALETTE = {
  skin: "#e0ac8a", sky: "#6ea6d8", water: "#4f8a9b", leaves: "#5d8a3a", grass: "#8aa84a",
  sand: "#d8bd8a", wood: "#8b5a2b", brick: "#a8482f", red: "#c0302b", gold: "#d9a520",
  "no colour": "#808080",
};

/**
 * @typedef {object} SwatchEvents
 * @property {(color: string | null) => void} onPick a colour was picked, or put back; while
 *   colours are tried, each of them
 * @property {() => void} onPicked that colour stays
 * @property {(isOn: boolean) => void} onPipette a place of a photograph is to give the colour
 * @property {() => void} onUndo
 * @property {() => void} onRedo
 * @property {() => void} onClear
 * @property {() => void} onRemoveDot
 * @property {() => void} onCopy
 */

/** The part of the page where colours are picked. */
export class Swatches {
  #root = find("#swatches");
  #colors = find(".colors", this.#root);
  #other = find(".other", this.#root);
  #input = find(".other input", this.#root, HTMLInputElement);
  #pipette = find(".pipette", this.#root);
  #dotTools = find(".dot-tools", this.#root);
  #events;
  /** @type {string | null} */
  #picked = null;
  #isPipetteOn = false;
  /** @type {string | null} the colour of the selected dot */
  #selected = null;

  /** @param {SwatchEvents} events */
  constructor(events) {
    this.#events = events;
    for (const [name, color] of Object.entries(PALETTE)) {
      const made = button(name, () => this.#toggle(color));
      made.dataset.color = color;
      made.prepend(dot(color));
      this.#colors.append(made);
    }
    this.#input.addEventListener("input", () => this.pick(this.#input.value));
    this.#input.addEventListener("change", events.onPicked);
    this.#input.addEventListener("click", () => {
      if (this.#selected === null) this.pick(this.#input.value);
    });
    this.#pipette.addEventListener("click", () => this.pipette(!this.#isPipetteOn));
    const clicks = {
      ".undo": events.onUndo, ".redo": events.onRedo, ".clear": events.onClear,
      ".remove-dot": events.onRemoveDot, ".copy": events.onCopy,
    };
    for (const [selector, onClick] of Object.entries(clicks)) {
      find(selector, this.#root).addEventListener("click", onClick);
    }
    this.#show();
  }

  /** @param {string | null} color `#rrggbb`; null to put it back */
  pick(color) {
    this.#picked = color;
    this.#isPipetteOn = false;
    if (color) this.#input.value = color;
    this.#show();
    this.#events.onPick(color);
  }

  /** @param {boolean} isOn */
  pipette(isOn) {
    this.#isPipetteOn = isOn;
    this.#show();
    this.#events.onPipette(isOn);
  }

  /** @param {boolean} takesHints whether the network follows colours */
  offer(takesHints) {
    this.#root.hidden = !takesHints;
  }

  /**
   * Show what can be done.
   *
   * @param {object} can
   * @param {boolean} can.undo
   * @param {boolean} can.redo
   * @param {boolean} can.clear
   * @param {boolean} can.copy
   * @param {string | null} can.selected the colour of the selected dot
   */
  enable({ undo, redo, clear, copy, selected }) {
    const enabled = { ".undo": undo, ".redo": redo, ".clear": clear };
    for (const [selector, isEnabled] of Object.entries(enabled)) {
      find(selector, this.#root, HTMLButtonElement).disabled = !isEnabled;
    }
    find(".copy", this.#root).hidden = !copy;
    this.#selected = selected;
    if (selected !== null) this.#input.value = selected;
    this.#dotTools.hidden = selected === null;
    find(".dot", this.#dotTools).style.background = selected ?? "";
    this.#show();
  }

  /** @param {string} color */
  #toggle(color) {
    this.pick(this.#picked === color && this.#selected === null ? null : color);
    this.#events.onPicked();
  }

  #show() {
    const marked = this.#selected ?? this.#picked;
    let isNamed = false;
    for (const swatch of this.#colors.querySelectorAll("button")) {
      const isPicked = swatch.dataset.color === marked;
      isNamed ||= isPicked;
      swatch.setAttribute("aria-pressed", String(isPicked));
    }
    this.#other.classList.toggle("picked", marked !== null && !isNamed);
    this.#pipette.setAttribute("aria-pressed", String(this.#isPipetteOn));
    find(".advice", this.#root).textContent = this.#advice();
  }

  #advice() {
    if (this.#isPipetteOn) return "Click where a photograph has the colour that you want.";
    if (this.#selected !== null) return "Pick another colour for this dot, move it, or delete it.";
    return this.#picked
      ? "Now click on the photograph where this colour belongs."
      : "Pick the right one, then click on the photograph.";
  }
}

/** @param {string} color @returns {HTMLSpanElement} */
function dot(color) {
  const made = document.createElement("span");
  made.className = "dot";
  made.style.background = color;
  return made;
}
