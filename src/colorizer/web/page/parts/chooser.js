/** Where photographs come in: chosen, dropped or pasted, or one of the examples. */

import { button, find } from "./dom.js";

/** @typedef {import("../host.js").About} About */

/** The part of the page where photographs are chosen. */
export class Chooser {
  #root = find("#chooser");
  #examples = find(".examples", this.#root);

  /**
   * @param {About} about
   * @param {(files: File[]) => void} onFiles
   * @param {(index: number) => void} onExample
   */
  constructor(about, onFiles, onExample) {
    const { photographs, megapixels, megabytes } = about.limits;
    find(".limits", this.#root).textContent =
      `Up to ${photographs} at a time, each up to ${megapixels} megapixels and ${megabytes} MB`;
    this.#showExamples(about.examples, onExample);
    const input = find("input", this.#root, HTMLInputElement);
    input.addEventListener("change", () => {
      onFiles([...(input.files ?? [])]);
      input.value = ""; // otherwise the same file could not be chosen again
    });
    const drop = find(".drop", this.#root);
    // Anywhere on the page: a photograph dropped outside the frame would replace the page.
    for (const type of ["dragover", "dragleave", "drop"]) {
      document.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", type === "dragover");
      });
    }
    const take = (/** @type {DataTransfer | null} */ data) => {
      if (data?.files.length) onFiles([...data.files]);
    };
    document.addEventListener("drop", (event) => take(event.dataTransfer));
    document.addEventListener("paste", (event) => take(event.clipboardData));
  }

  /** @param {boolean} isCompact whether there are photographs already */
  compact(isCompact) {
    this.#root.classList.toggle("compact", isCompact);
    this.#examples.hidden = isCompact || !this.#examples.querySelector("button");
  }

  focus() {
    find("input", this.#root).focus();
  }

  /**
   * @param {About["examples"]} examples
   * @param {(index: number) => void} onExample
   */
  #showExamples(examples, onExample) {
    const buttons = examples.map(({ thumbnail, credit }, index) => {
      const picture = document.createElement("img");
      picture.src = thumbnail;
      picture.alt = "";
      const made = button(`Example ${index + 1}`, () => onExample(index), [picture]);
      made.title = credit;
      return made;
    });
    find("div", this.#examples).replaceChildren(...buttons);
    const credits = [...new Set(examples.map(({ credit }) => credit))];
    find("small", this.#examples).textContent = `Photographs: ${credits.join("; ")}`;
    this.#examples.hidden = !examples.length;
  }
}
