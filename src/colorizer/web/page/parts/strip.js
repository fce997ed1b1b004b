/** The visitor's photographs, one of which is chosen. */

import { button, draw, find } from "./dom.js";

/** @typedef {{id: string, name: string}} Listed */

/** The strip of thumbnails. */
export class Strip {
  #root = find("#strip");
  #list = find("ul", this.#root);
  #onChoose;
  #onRemove;
  /** @type {Map<string, HTMLLIElement>} */
  #items = new Map();

  /**
   * @param {(id: string) => void} onChoose
   * @param {(id: string) => void} onRemove
   */
  constructor(onChoose, onRemove) {
    this.#onChoose = onChoose;
    this.#onRemove = onRemove;
  }

  /**
   * Show these photographs; those that were there keep their thumbnails and the focus.
   *
   * @param {Listed[]} photographs
   * @param {string | null} chosen
   */
  show(photographs, chosen) {
    const ids = new Set(photographs.map(({ id }) => id));
    for (const [id, item] of this.#items) {
      if (!ids.has(id)) {
        item.remove();
        this.#items.delete(id);
      }
    }
    for (const photograph of photographs) {
      if (!this.#items.has(photograph.id)) {
        const made = this.#item(photograph);
        this.#items.set(photograph.id, made);
        this.#list.append(made);
      }
    }
    for (const [id, item] of this.#items) {
      const open = find(".open", item);
      if (id === chosen) {
        open.setAttribute("aria-current", "true");
        open.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else {
        open.removeAttribute("aria-current");
      }
    }
    this.#root.hidden = !photographs.length;
  }

  /**
   * @param {string} id
   * @param {ImageBitmap} bitmap
   */
  thumbnail(id, bitmap) {
    const item = this.#items.get(id);
    if (item) draw(find("canvas", item, HTMLCanvasElement), bitmap);
  }

  /** @param {string} id */
  focus(id) {
    this.#items.get(id)?.querySelector("button")?.focus();
  }

  /**
   * @param {Listed} photograph
   * @returns {HTMLLIElement}
   */
  #item({ id, name }) {
    const made = document.createElement("li");
    const open = button(name, () => this.#onChoose(id), [document.createElement("canvas")]);
    open.className = "open";
    open.title = name;
    const remove = button(`Remove ${name}`, () => this.#onRemove(id), ["×"]);
    remove.className = "remove";
    made.append(open, remove);
    return made;
  }
}
