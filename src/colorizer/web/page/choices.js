/** What the network thinks likely, for the visitor to choose from. */

import { latest } from "./latest.js";
import { DotTools } from "./parts/dot_tools.js";
import { Variants } from "./parts/variants.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./gallery.js").Gallery} Gallery */
/** @typedef {import("./host.js").About} About */
/** @typedef {import("./parts/dot_tools.js").DotEvents} DotEvents */
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
  /** @type {Dot[][]} of the shown colourings */
  #shown = [];

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
    this.#dotTools = new DotTools(dotEvents);
    this.#dotTools.suggest([]);
    this.#variants = new Variants({
      onPropose: () => this.#propose(),
      onChoose: (number) => events.onVariant(this.#shown[number]),
    });
    this.#variants.offer(about.knowsColors);
  }

  /**
   * @param {Photograph | null} photograph the chosen one
   * @param {Dot | null} dot the selected one
   */
  show(photograph, dot) {
    this.#dotTools.show(dot);
    this.#dot = dot;
    const dots = photograph?.history.now.dots ?? [];
    if (photograph !== this.#photograph) this.#hide();
    this.#photograph = photograph;
    this.#variants.mark(this.#shown.indexOf(dots));
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
    this.#shown = [];
    this.#variants.show([]);
  }

  async #propose() {
    const photograph = this.#photograph;
    if (!photograph || this.#variants.isWaiting) return;
    if (this.#shown.length) {
      this.#hide();
      return;
    }
    this.#variants.wait(true);
    try {
      const { dots } = photograph.history.now;
      const added = await this.#gallery.variants(photograph);
      if (!added.some((more) => more.length)) {
        throw new Error("The network is in no doubt about this photograph: there are no others.");
      }
      const variants = added.map((more) => (more.length ? [...dots, ...more] : dots));
      const bitmaps = [];
      for (const variant of variants) {
        bitmaps.push(await this.#gallery.render(photograph, THUMBNAIL, variant));
      }
      if (photograph === this.#photograph && photograph.history.now.dots === dots) {
        this.#shown = variants;
        this.#variants.show(bitmaps);
        this.#variants.mark(variants.indexOf(dots));
      } else {
        for (const bitmap of bitmaps) bitmap.close();
      }
    } catch (error) {
      this.#events.onProblem(error);
    } finally {
      this.#variants.wait(false);
    }
  }
}
