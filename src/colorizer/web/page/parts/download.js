/** Results at full size: which format, how far they are, and a way to cancel. */

import { SIZES } from "../edits.js";
import { find } from "./dom.js";

/** @typedef {import("../host.js").About} About */
/** @typedef {import("../host.js").Output} Output */

const NAMES = /** @type {Record<string, string>} */ ({
  jpeg: "JPEG", png: "PNG", tiff: "TIFF", webp: "WebP", heic: "HEIC", avif: "AVIF",
  jp2: "JPEG 2000",
});

/** The part of the page that gives results. */
export class Downloads {
  #root = find("#download");
  #saves = [".save", ".save-all"].map((name) => find(name, this.#root, HTMLButtonElement));
  #working = find(".working", this.#root);
  #bar = find("progress", this.#root, HTMLProgressElement);
  #format = find(".format", this.#root, HTMLSelectElement);
  #quality = find(".quality", this.#root, HTMLInputElement);
  #size = find(".size", this.#root, HTMLSelectElement);
  /** @type {AbortController | null} */
  #controller = null;

  /**
   * @param {About} about
   * @param {(all: boolean, output: Output, onProgress: (share: number) => void,
   *   signal: AbortSignal) => Promise<void>} save
   * @param {() => void} onProject
   * @param {(size: number | null) => void} onSize the network is to see the photograph so large
   */
  constructor({ formats, quality }, save, onProject, onSize) {
    this.#format.append(new Option("as the photograph", ""));
    this.#format.append(...formats.map((format) => new Option(NAMES[format] ?? format, format)));
    this.#quality.value = String(quality);
    this.#quality.addEventListener("change", () => {
      const typed = Math.round(this.#quality.valueAsNumber);
      this.#quality.value = String(typed ? Math.min(100, Math.max(1, typed)) : quality);
    });
    this.#saves.forEach((button, index) =>
      button.addEventListener("click", () =>
        this.#run(button, (...how) => save(index === 1, ...how)),
      ),
    );
    find(".cancel", this.#root).addEventListener("click", () => this.#controller?.abort());
    find(".project", this.#root).addEventListener("click", onProject);
    this.#size.append(new Option("as it was trained", ""));
    this.#size.append(...SIZES.map((size) => new Option(`${size} pixels`, String(size))));
    this.#size.addEventListener("change", () => onSize(Number(this.#size.value) || null));
  }

  /** @param {number | null} size at which the network sees the chosen photograph */
  showSize(size) {
    this.#size.value = String(size ?? "");
  }

  /** @param {boolean} areSeveral whether there are other photographs */
  offerAll(areSeveral) {
    this.#saves[1].hidden = !areSeveral;
  }

  /**
   * @param {HTMLButtonElement} pressed
   * @param {(output: Output, onProgress: (share: number) => void,
   *   signal: AbortSignal) => Promise<void>} save
   */
  async #run(pressed, save) {
    this.#controller = new AbortController();
    this.#bar.removeAttribute("value");
    this.#show(true, pressed);
    const output = {
      format: this.#format.value,
      quality: Number(this.#quality.value),
      sideBySide: find(".both", this.#root, HTMLInputElement).checked,
    };
    const onProgress = (/** @type {number} */ share) => { this.#bar.value = share; };
    try {
      await save(output, onProgress, this.#controller.signal);
    } finally {
      this.#controller = null;
      this.#show(false, pressed);
    }
  }

  /**
   * @param {boolean} isWorking
   * @param {HTMLButtonElement} pressed has the focus again afterwards, if it is nowhere else
   */
  #show(isWorking, pressed) {
    for (const button of this.#saves) button.disabled = isWorking;
    this.#working.hidden = !isWorking;
    const focused = document.activeElement;
    if (!isWorking && (focused === document.body || this.#working.contains(focused))) {
      (pressed.hidden ? this.#saves[0] : pressed).focus();
    }
  }
}
