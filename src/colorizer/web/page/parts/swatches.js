/** Colours to give to places, and what can be done with the dots that are there. */

import { button, find } from "./dom.js";

/**
 * @typedef {object} SwatchEvents
 * @property {(color: string | null) => void} onPick a colour was picked, or put back; while
 *   colours are tried, each of them
 * @property {() => void} onPicked that colour stays
 * @property {(isOn: boolean) => void} onPipette a place of a photograph is to give the colour
 * @property {(isOn: boolean) => void} onAsk the network is to suggest colours of a place
 * @property {() => void} onUndo
 * @property {() => void} onRedo
 * @property {() => void} onClear
 * @property {() => void} onCopy
 */

/** The part of the page where colours are picked. */
export class Swatches {
  #root = find("#swatches");
  #colors = find(".colors", this.#root);
  #other = find(".other", this.#root);
  #input = find(".other input", this.#root, HTMLInputElement);
  #pipette = find(".pipette", this.#root);
  #ask = find(".ask", this.#root);
  #events;
  /** @type {string | null} */
  #picked = null;
  #isPipetteOn = false;
  #isAsking = false;
  /** @type {string | null} the colour of the selected dot */
  #selected = null;

  /**
   * @param {Record<string, string>} palette colours by name
   * @param {SwatchEvents} events
   */
  constructor(palette, events) {
    this.#events = events;
    for (const [name, color] of Object.entries(palette)) {
      const made = button(name, () => this.#toggle(color));
      made.dataset.color = color;
      made.prepend(dot(color));
      this.#ask.before(made);
    }
    this.#input.addEventListener("input", () => this.pick(this.#input.value));
    this.#input.addEventListener("change", events.onPicked);
    this.#input.addEventListener("click", () => {
      if (this.#selected === null) this.pick(this.#input.value);
    });
    this.#pipette.addEventListener("click", () => this.pipette(!this.#isPipetteOn));
    this.#ask.addEventListener("click", () => this.ask(!this.#isAsking));
    const clicks = {
      ".undo": events.onUndo, ".redo": events.onRedo, ".clear": events.onClear,
      ".copy": events.onCopy,
    };
    for (const [selector, onClick] of Object.entries(clicks)) {
      find(selector, this.#root).addEventListener("click", onClick);
    }
    this.#show();
  }

  /** @param {string | null} color `#rrggbb`; null to put it back */
  pick(color) {
    this.#picked = color;
    this.#isPipetteOn = this.#isAsking = false;
    if (color) this.#input.value = color;
    this.#show();
    this.#events.onPick(color);
  }

  /** @param {boolean} isOn */
  pipette(isOn) {
    this.#isPipetteOn = isOn;
    this.#isAsking = false;
    this.#show();
    this.#events.onPipette(isOn);
  }

  /** @param {boolean} isOn */
  ask(isOn) {
    this.#isAsking = isOn;
    this.#isPipetteOn = false;
    this.#show();
    this.#events.onAsk(isOn);
  }

  /**
   * @param {boolean} takesHints whether the network follows colours
   * @param {boolean} knowsColors whether it says how likely they are
   */
  offer(takesHints, knowsColors) {
    this.#root.hidden = !takesHints;
    this.#ask.hidden = !knowsColors;
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
      if (swatch === this.#ask) continue;
      const isPicked = swatch.dataset.color === marked;
      isNamed ||= isPicked;
      swatch.setAttribute("aria-pressed", String(isPicked));
    }
    this.#other.classList.toggle("picked", marked !== null && !isNamed);
    this.#pipette.setAttribute("aria-pressed", String(this.#isPipetteOn));
    this.#ask.setAttribute("aria-pressed", String(this.#isAsking));
    find(".advice", this.#root).textContent = this.#advice();
  }

  #advice() {
    if (this.#isAsking) return "Click on the photograph to see which colours are likely there.";
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
