/** Opens what the visitor brings: photographs, one after the other, and projects. */

import { readProject } from "./project.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./gallery.js").Gallery} Gallery */
/** @typedef {import("./gallery.js").Source} Source */
/** @typedef {Gallery["photographs"][number]} Photograph */

/**
 * @typedef {object} OpeningEvents
 * @property {(text: string) => void} onStatus what is being done; nothing at the end
 * @property {(photograph: Photograph, isFirst: boolean) => Promise<void>} onOpened must not fail;
 *   the next one waits for it
 * @property {() => void} onProject photographs that were there already may have been changed
 * @property {(error: unknown, name?: string) => void} onProblem
 */

/** Photographs on their way into the gallery. */
export class Opening {
  #gallery;
  #events;
  /** @type {Source[]} */
  #coming = [];
  /** @type {Map<string, Edits>} by names of photographs that may still come */
  #project = new Map();
  isBusy = false;

  /**
   * @param {Gallery} gallery
   * @param {OpeningEvents} events
   */
  constructor(gallery, events) {
    this.#gallery = gallery;
    this.#events = events;
  }

  /** @param {File[]} files photographs, and perhaps a project */
  async take(files) {
    const isProject = (/** @type {File} */ { name }) => name.toLowerCase().endsWith(".json");
    this.#events.onStatus("Opening…");
    for (const file of files.filter(isProject)) {
      try {
        this.#project = readProject(await file.text());
        for (const photograph of this.#gallery.photographs) this.#applyProject(photograph);
        this.#events.onProject();
      } catch (error) {
        this.#events.onProblem(error, file.name);
      }
    }
    await this.open(files.filter((file) => !isProject(file)));
  }

  /** @param {Source[]} sources */
  async open(sources) {
    this.#coming.push(...sources);
    if (this.isBusy) return;
    this.isBusy = true;
    let isFirst = true;
    for (let source; (source = this.#coming.shift()) !== undefined; ) {
      const left = this.#coming.length;
      this.#events.onStatus(left ? `Colouring, ${left + 1} to go…` : "Colouring…");
      try {
        const photograph = await this.#gallery.add(source);
        this.#applyProject(photograph);
        await this.#events.onOpened(photograph, isFirst);
        isFirst = false;
      } catch (error) {
        this.#events.onProblem(error, typeof source === "number" ? undefined : source.name);
      }
    }
    this.isBusy = false;
    this.#events.onStatus("");
  }

  /** @param {Photograph} photograph */
  #applyProject(photograph) {
    const edits = this.#project.get(photograph.name);
    if (edits) photograph.history.change(edits);
  }
}
