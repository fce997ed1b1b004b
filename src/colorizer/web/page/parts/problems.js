/** What went wrong, told beside the page so that nothing moves, until it is dismissed. */

import { find } from "./dom.js";

const MOST_NAMES = 3;

/** The list of problems. */
export class Problems {
  #root = find("#problems");
  #list = find("ul", this.#root);
  /** @type {Map<string, string[]>} names by what is wrong with them */
  #told = new Map();

  /** @param {() => void} onDismiss */
  constructor(onDismiss) {
    find(".dismiss", this.#root).addEventListener("click", () => {
      this.clear();
      onDismiss();
    });
  }

  /**
   * Tell a problem; files with the same one share a line.
   *
   * @param {string} problem
   * @param {string} [name] of the file
   */
  tell(problem, name) {
    const names = this.#told.get(problem) ?? [];
    if (name && !names.includes(name)) names.push(name);
    this.#told.set(problem, names);
    this.#list.replaceChildren(...[...this.#told].map(([reason, files]) => line(reason, files)));
    this.#root.hidden = false;
  }

  clear() {
    this.#told.clear();
    this.#list.replaceChildren();
    this.#root.hidden = true;
  }
}

/**
 * @param {string} reason
 * @param {string[]} names
 * @returns {HTMLLIElement}
 */
function line(reason, names) {
  const made = document.createElement("li");
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
  made.textContent = shown ? `${shown}: ${reason}` : reason;
  return made;
}
