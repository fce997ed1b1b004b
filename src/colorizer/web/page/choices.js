/** What the network thinks likely, for the visitor to choose from. */

import { latest } from "./latest.js";
import { DotTools } from "./parts/dot_tools.js";
import { Variants } from "./parts/variants.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./gallery.js").Gallery} Gallery */
/** @typedef {import("./host.js").About} About */
/** @typedef {import("./parts/dot_tools.js").DotEvents} DotEvents */
/** @typedef {import("./gallery.js").Predicted} Predicted */
/** @typedef {Gallery["photographs"][number]} Photograph */

/**
 * @typedef {object} ChoiceEvents
 * @property {(dots: Dot[]) => void} onVariant
 * @property {(error: unknown) => void} onProblem
 */

const THUMBNAIL = 240; // the longer side in pixels

/** Suggests colours for the selected dot, and other colourings of the chosen photograph. */
export class Choices {
  #gallery;
  #about;
  #events;
  #dotTools;
  #variants;
  /** @type {Photograph | null} */
  #photograph = null;
  /** @type {Dot | null} the selected one */
  #dot = null;
  /** @type {string} for where the shown suggestions are */
  #suggested = "";
  /** @type {Predicted[]} the shown colourings */
  #shown = [];
  /** @type {number | null} how strong they are shown */
  #strength = null;

  /**
   * @param {Gallery} gallery
   * @param {About} about
   * @param {DotEvents} dotEvents
   * @param {ChoiceEvents} events
   */
  constructor(gallery, about, dotEvents, events) {
    this.#gallery = gallery;
    this.#about = about;
    this.#events = events;
    this.#dotTools = new DotTools(about.palette, dotEvents);
    this.#dotTools.suggest([]);
    this.#variants = new Variants({
      onPropose: () => this.#propose(),
      onChoose: (number) => events.onVariant(this.#shown[number].dots),
    });
    this.#variants.offer(about.knowsColors);
  }

  /**
   * @param {Photograph | null} photograph the chosen one
   * @param {Dot | null} dot the selected one
   * @param {boolean} isChanging whether something is being slid or dragged
   */
  show(photograph, dot, isChanging) {
    this.#dotTools.show(dot);
    this.#dot = dot;
    const now = photograph?.history.now;
    if (photograph !== this.#photograph || now?.size !== this.#shown[0]?.size) this.#hide();
    this.#photograph = photograph;
    this.#variants.mark(this.#shown.findIndex(({ dots }) => dots === now?.dots));
    if (this.#shown.length && now?.strength !== this.#strength && !isChanging) this.#repaint();
    this.#suggest();
  }

  #suggest = latest(async () => {
    const [photograph, dot] = [this.#photograph, this.#dot];
    if (!photograph || !dot || !this.#about.knowsColors) return;
    const where = `${photograph.id} ${dot.x} ${dot.y} ${photograph.history.now.size}`;
    if (where === this.#suggested) return;
    this.#suggested = where;
    try {
      this.#dotTools.suggest(await this.#gallery.suggest(photograph, dot));
      if (dot === this.#dot) this.#dotTools.show(dot);
    } catch {
      // There is the rest of the palette; and whatever is wrong, the picture will tell.
      this.#suggested = "";
      this.#dotTools.suggest([]);
    }
  });

  #hide() {
    if (!this.#shown.length) return;
    this.#shown = [];
    this.#variants.show(0);
  }

  #repaint = latest(async () => {
    const [photograph, shown] = [this.#photograph, this.#shown];
    if (!photograph) return;
    this.#strength = photograph.history.now.strength;
    try {
      for (const [number, predicted] of shown.entries()) {
        const bitmap = await this.#gallery.paint(photograph, predicted, THUMBNAIL);
        if (shown === this.#shown) this.#variants.draw(number, bitmap);
        else bitmap.close();
      }
    } catch (error) {
      if (shown === this.#shown) this.#events.onProblem(error);
    }
  });

  async #propose() {
    const photograph = this.#photograph;
    if (!photograph || this.#variants.isWaiting) return;
    if (this.#shown.length) {
      this.#hide();
      return;
    }
    this.#variants.wait(true);
    try {
      const { dots, size } = photograph.history.now;
      const added = await this.#gallery.variants(photograph);
      if (!added.some((more) => more.length)) {
        throw new Error("The network is in no doubt about this photograph: there are no others.");
      }
      const proposed = [];
      for (const more of added) {
        const all = more.length ? [...dots, ...more] : dots;
        proposed.push(await this.#gallery.predict(photograph, all));
      }
      const { now } = photograph.history;
      if (photograph === this.#photograph && now.dots === dots && now.size === size) {
        this.#shown = proposed;
        this.#variants.show(proposed.length);
        this.#variants.mark(0);
        await this.#repaint();
      }
    } catch (error) {
      this.#events.onProblem(error);
    } finally {
      this.#variants.wait(false);
    }
  }
}
