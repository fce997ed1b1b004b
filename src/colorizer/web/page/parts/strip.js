/** The visitor's photographs, one of which is chosen. */

import { button, draw, find } from "./dom.js";

/** @typedef {{name: string}} Listed */

/**
 * The strip of thumbnails.
 *
 * @template {Listed} T
 */
export class Strip {
  #root = find("#strip");
  #list = find("ul", this.#root);
  #onChoose;
  #onRemove;
  /** @type {Map<T, HTMLLIElement>} by photograph, as a host that began anew gives other ids */
  #items = new Map();
  /** @type {T | null} */
  #chosen = null;

  /**
   * @param {(photograph: T) => void} onChoose
   * @param {(photograph: T) => void} onRemove
   */
  constructor(onChoose, onRemove) {
    this.#onChoose = onChoose;
    this.#onRemove = onRemove;
  }

  /**
   * Show these photographs; those that were there keep their thumbnails and the focus.
   *
   * @param {T[]} photographs
   * @param {T | null} chosen
   */
  show(photographs, chosen) {
    for (const [photograph, item] of this.#items) {
      if (!photographs.includes(photograph)) {
        item.remove();
        this.#items.delete(photograph);
      }
    }
    for (const photograph of photographs) {
      if (!this.#items.has(photograph)) {
        const made = this.#item(photograph);
        this.#items.set(photograph, made);
        this.#list.append(made);
      }
    }
    for (const [photograph, item] of this.#items) {
      const open = find(".open", item);
      if (photograph === chosen) open.setAttribute("aria-current", "true");
      else open.removeAttribute("aria-current");
    }
    this.#root.hidden = !photographs.length;
    if (chosen && chosen !== this.#chosen) this.#reveal(chosen);
    this.#chosen = chosen;
  }

  /** @returns {T | null} the photograph whose buttons have the focus */
  get focused() {
    const found = [...this.#items].find(([, item]) => item.contains(document.activeElement));
    return found ? found[0] : null;
  }

  /**
   * @param {T} photograph
   * @param {ImageBitmap} bitmap
   */
  thumbnail(photograph, bitmap) {
    const item = this.#items.get(photograph);
    if (item) draw(find("canvas", item, HTMLCanvasElement), bitmap);
    else bitmap.close();
  }

  /** @param {T} photograph */
  focus(photograph) {
    this.#items.get(photograph)?.querySelector("button")?.focus();
  }

  /**
   * Scroll the strip, but not the page: its visitor may be looking at something else.
   *
   * @param {T} photograph
   */
  #reveal(photograph) {
    const [item, list] = [this.#items.get(photograph) ?? this.#list, this.#list].map((one) =>
      one.getBoundingClientRect(),
    );
    this.#list.scrollLeft += Math.min(0, item.left - list.left);
    this.#list.scrollLeft += Math.max(0, item.right - list.right);
  }

  /**
   * @param {T} photograph
   * @returns {HTMLLIElement}
   */
  #item(photograph) {
    const { name } = photograph;
    const made = document.createElement("li");
    const canvas = document.createElement("canvas");
    const open = button(name, () => this.#onChoose(photograph), [canvas]);
    open.className = "open";
    open.title = name;
    const remove = button(`Remove ${name}`, () => this.#onRemove(photograph), ["×"]);
    remove.className = "remove";
    made.append(open, remove);
    return made;
  }
}
