/** The page: what its parts show, and what happens when the visitor uses them. */

import { Choices } from "./choices.js";
import { MOST_DOTS, withChanged } from "./edits.js";
import { Gallery } from "./gallery.js";
import { GoneError } from "./host.js";
import { latest } from "./latest.js";
import { Memory } from "./memory.js";
import { Opening } from "./opening.js";
import { Chooser } from "./parts/chooser.js";
import { find, isUsable } from "./parts/dom.js";
import { Downloads } from "./parts/download.js";
import { listenToKeys } from "./parts/keys.js";
import { Picture } from "./parts/picture.js";
import { Problems } from "./parts/problems.js";
import { Strength } from "./parts/strength.js";
import { Strip } from "./parts/strip.js";
import { Swatches } from "./parts/swatches.js";
import { saveProject } from "./project.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./engine/client.js").Engine} Engine */
/** @typedef {import("./host.js").About} About */
/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("./host.js").Output} Output */
/** @typedef {import("./parts/viewport.js").Point} Point */
/** @typedef {Gallery["photographs"][number]} Photograph */

// The longer side in pixels: of thumbnails, while the strength slides, and at most.
const THUMBNAIL = 176;
const DRAFT = 1024;
const PREVIEW = 2048;
// After that, a visitor wants to know that something is being done.
const PATIENCE_MS = 400;

/** Ties the parts of the page together. */
export class App {
  #about;
  #engine;
  #gallery;
  #memory;
  #opening;
  /** @type {Photograph | null} */
  #chosen = null;
  /** @type {number | null} which dot is selected */
  #dot = null;
  /** @type {string | null} */
  #color = null;
  #isDraft = false;

  /**
   * @param {About} about
   * @param {Host} host
   * @param {Engine} engine
   * @param {import("./memory.js").Keeper} storage where to keep what was changed
   */
  constructor(about, host, engine, storage) {
    this.#about = about;
    this.#engine = engine;
    this.#memory = new Memory(storage);
    this.#gallery = new Gallery(host, engine, about.strength, (lost) => this.#onLost(lost));
    this.#opening = new Opening(this.#gallery, {
      onStatus: (text) => this.#tell(text),
      onOpened: (photograph, isFirst) => this.#onOpened(photograph, isFirst),
      onProject: () => this.#onProject(),
      onProblem: (error, name) => this.#report(error, name),
    });
    this.problems = new Problems(() => this.#focusOnWork());
    this.chooser = new Chooser(
      about, (files) => this.#opening.take(files), (index) => this.#opening.open([index]),
    );
    this.strip = new Strip(
      (/** @type {Photograph} */ photograph) => this.#choose(photograph),
      (photograph) => this.#remove(photograph),
    );
    this.picture = new Picture({
      onPlace: (place) => this.#color && this.#addDot(place, this.#color),
      onAsk: (place) => this.#ask(place),
      onColor: (color) => this.swatches.pick(color),
      onNothing: () => this.#select(null),
      onResize: () => { this.#drawBefore(); this.#draw(); },
      onSelect: (index) => this.#select(index),
      onMove: (index, place) => this.#changeDot(index, place, `move ${index}`),
      onMoved: () => this.#settle(),
      onRemove: (index) => this.#removeDot(index),
    });
    this.swatches = new Swatches(about.palette, {
      onPick: (color) => this.#pick(color),
      onPicked: () => this.#settle(),
      onPipette: (isOn) => this.#aim(isOn ? "pipette" : null),
      onAsk: (isOn) => {
        this.#aim(isOn ? "question" : null);
        if (isOn) this.picture.focus(); // for keys to choose the place
      },
      onUndo: () => this.#travel("undo"),
      onRedo: () => this.#travel("redo"),
      onClear: () => this.#change({ dots: [] }),
      onCopy: () => this.#copyDots(),
    });
    this.choices = new Choices(this.#gallery, about, {
      onColor: (color) => this.#dot !== null && this.#changeDot(this.#dot, { color }),
      onReach: (reach) => this.#dot !== null && this.#changeDot(this.#dot, { reach }, "reach"),
      onReached: () => this.#settle(),
      onRemove: () => this.#dot !== null && this.#removeDot(this.#dot),
    }, {
      onVariant: (dots) => this.#change({ dots }),
      onProblem: (error) => this.#report(error),
    });
    this.strength = new Strength({
      onSlide: (strength) => this.#slide(strength),
      onSettle: () => this.#settle(),
      onReset: () => this.#reset(),
      onForAll: () => this.#strengthForAll(),
    });
    this.downloads = new Downloads(
      about, (all, ...how) => this.#save(all, ...how),
      () => saveProject(about.network, this.#gallery.photographs),
      (size) => this.#change({ size }),
    );
    listenToKeys({
      onUndo: () => this.#travel("undo"),
      onRedo: () => this.#travel("redo"),
      onStep: (step) => this.#step(step),
      onDelete: () => this.#onDelete(),
      onEscape: () => this.#onEscape(),
      onZoom: (factor) => (factor ? this.picture.zoom(factor) : this.picture.fit()),
      onOriginal: (isOriginal) => this.picture.showOriginal(isOriginal),
      onFullScreen: () => this.picture.toggleFullScreen(),
      onSuggest: about.knowsColors ? () => this.#chosen && this.swatches.ask(true) : null,
    });
    this.swatches.offer(about.takesHints, about.knowsColors);
  }

  /** Show what was there before the page was reloaded. */
  async start() {
    const { edits, chosen } = this.#memory.recall();
    try {
      await this.#gallery.restore(edits);
    } catch (error) {
      this.#report(error);
    }
    const photographs = this.#gallery.photographs;
    this.#choose(photographs.find(({ id }) => id === chosen) ?? photographs[0] ?? null);
    for (const photograph of photographs) await this.#drawThumbnail(photograph);
    document.body.dataset.ready = "true";
  }

  /**
   * @param {Photograph} photograph
   * @param {boolean} isFirst of those that come together
   */
  async #onOpened(photograph, isFirst) {
    if (isFirst) this.#choose(photograph);
    else this.#show();
    await this.#drawThumbnail(photograph);
    await this.#draw();
  }

  #onProject() {
    for (const photograph of this.#gallery.photographs) this.#drawThumbnail(photograph);
    this.#afterChange();
  }

  /** @param {Photograph | null} photograph */
  #choose(photograph) {
    if (photograph !== this.#chosen) {
      this.#chosen = photograph;
      this.#dot = null;
      find("#work").hidden = !photograph; // before it is laid out
      if (photograph) {
        this.picture.open(photograph.name, photograph.size);
        this.#drawBefore();
      }
    }
    this.#show();
    this.#draw();
  }

  /** @param {1 | -1} step */
  #step(step) {
    const next = this.#gallery.beside(this.#chosen, step);
    if (next) this.#choose(next);
  }

  /** @param {Photograph} photograph */
  async #remove(photograph) {
    const next =
      this.#gallery.beside(photograph) ?? this.#gallery.beside(photograph, -1) ?? null;
    const removed = this.#gallery.remove(photograph);
    this.#choose(photograph === this.#chosen ? next : this.#chosen);
    if (next) this.strip.focus(next);
    else this.chooser.focus();
    await removed;
  }

  /**
   * Change the chosen photograph.
   *
   * @param {Partial<Edits>} change
   * @param {string | null} [gesture] as for `History.change`
   */
  #change(change, gesture = null) {
    this.#chosen?.history.change(change, gesture);
    this.#afterChange();
  }

  #afterChange() {
    const count = this.#chosen?.history.now.dots.length ?? 0;
    if (this.#dot !== null && this.#dot >= count) this.#dot = null;
    this.#show();
    this.#draw();
    if (!this.#isDraft) this.#drawChosenThumbnail();
  }

  /** @param {"undo" | "redo"} direction */
  #travel(direction) {
    this.#chosen?.history[direction]();
    this.#afterChange();
  }

  /** @param {number} strength */
  #slide(strength) {
    this.#isDraft = true;
    this.#change({ strength }, "strength");
  }

  #settle() {
    this.#isDraft = false;
    this.#chosen?.history.settle();
    this.#afterChange();
  }

  #reset() {
    const { strength } = this.#about;
    // Otherwise there would be a step to undo that changes nothing.
    if (this.#chosen?.history.now.strength !== strength) this.#change({ strength });
  }

  #strengthForAll() {
    if (!this.#chosen) return;
    const { strength } = this.#chosen.history.now;
    for (const photograph of this.#gallery.photographs) {
      if (photograph.history.now.strength !== strength) {
        photograph.history.change({ strength });
        this.#drawThumbnail(photograph);
      }
    }
    this.#afterChange();
  }

  /** @param {"pipette" | "question" | null} aim what a tap is for, if no colour is picked */
  #aim(aim) {
    this.picture.aim(aim ?? (this.#color ? "colour" : null));
  }

  /**
   * Give a place the colour that is likeliest there, and offer the others.
   *
   * @param {Point} place
   */
  async #ask(place) {
    const photograph = this.#chosen;
    if (!photograph) return;
    this.swatches.pick(null);
    this.#tell("Asking…");
    try {
      const [likeliest] = await this.#gallery.suggest(photograph, place);
      if (photograph === this.#chosen && this.#addDot(place, likeliest)) {
        this.#select(photograph.history.now.dots.length - 1);
        this.picture.focus(this.#dot ?? undefined);
      }
    } catch (error) {
      this.#report(error);
    }
    this.#tell("");
  }

  /**
   * @param {Point} place
   * @param {string} color
   * @returns {boolean} false if there are too many
   */
  #addDot(place, color) {
    const dots = this.#chosen?.history.now.dots ?? [];
    if (dots.length >= MOST_DOTS) {
      this.problems.tell(`Only ${MOST_DOTS} colours per photograph: remove some first.`);
      return false;
    }
    this.#change({ dots: [...dots, { ...place, color, reach: null }] });
    return true;
  }

  /**
   * @param {number} index
   * @param {Partial<import("./edits.js").Dot>} change
   * @param {string | null} [gesture]
   */
  #changeDot(index, change, gesture = null) {
    const dots = this.#chosen?.history.now.dots ?? [];
    this.#isDraft = gesture !== null;
    this.#change({ dots: withChanged(dots, index, change) }, gesture);
  }

  /** @param {number} index */
  #removeDot(index) {
    const dots = this.#chosen?.history.now.dots ?? [];
    this.#dot = null;
    this.#change({ dots: dots.filter((_, at) => at !== index) });
    this.picture.focus(Math.min(index, dots.length - 2));
  }

  #copyDots() {
    const next = this.#gallery.beside(this.#chosen);
    if (!next || !this.#chosen) return;
    const dots = [...next.history.now.dots, ...this.#chosen.history.now.dots];
    next.history.change({ dots: dots.slice(0, MOST_DOTS) });
    this.#choose(next);
    this.#drawThumbnail(next);
  }

  /** @param {string | null} color */
  #pick(color) {
    if (this.#dot !== null && color) {
      this.#changeDot(this.#dot, { color }, `color ${this.#dot}`);
      this.swatches.pick(null); // it was for this dot alone
      return;
    }
    this.#color = color;
    this.picture.aim(color ? "colour" : null);
  }

  /** @param {number | null} index */
  #select(index) {
    this.#dot = index;
    if (index !== null) {
      this.#color = null;
      this.swatches.pick(null);
    }
    this.#show();
  }

  #onDelete() {
    const { focused } = this.strip;
    if (focused) this.#remove(focused);
    else if (this.#dot !== null) this.#removeDot(this.#dot);
  }

  #onEscape() {
    this.#dot = null;
    this.#color = null;
    this.swatches.pick(null);
    this.problems.clear();
    this.#show();
  }

  /**
   * @param {boolean} all
   * @param {Output} output
   * @param {(share: number) => void} onProgress
   * @param {AbortSignal} signal
   */
  async #save(all, output, onProgress, signal) {
    const { photographs } = this.#gallery;
    const chosen = all ? photographs : photographs.filter((one) => one === this.#chosen);
    try {
      await this.#gallery.save(chosen, output, onProgress, signal);
    } catch (error) {
      if (!signal.aborted) this.#report(error);
    }
  }

  /** Show everything but the photograph's pixels, and remember it. */
  #show() {
    // Asked for now, as browsers take the focus at once from what is disabled.
    const focused = document.activeElement;
    const photographs = this.#gallery.photographs;
    const areSeveral = photographs.length > 1;
    find("#work").hidden = !this.#chosen;
    this.chooser.compact(photographs.length > 0);
    this.strip.show(photographs, this.#chosen);
    this.strength.offerAll(areSeveral);
    this.downloads.offerAll(areSeveral);
    if (this.#chosen) {
      const { now, canUndo, canRedo } = this.#chosen.history;
      this.strength.show(now.strength);
      this.downloads.showSize(now.size);
      this.picture.showDots(now.dots, this.#dot);
      const isLast = photographs.at(-1) === this.#chosen;
      this.swatches.enable({
        undo: canUndo,
        redo: canRedo,
        clear: now.dots.length > 0,
        copy: now.dots.length > 0 && !isLast,
        selected: this.#dot === null ? null : now.dots[this.#dot].color,
      });
    }
    const dots = this.#chosen?.history.now.dots ?? [];
    this.choices.show(this.#chosen, this.#dot === null ? null : dots[this.#dot], this.#isDraft);
    if (focused && !isUsable(focused)) this.#focusOnWork();
    this.#memory.keep({
      chosen: this.#chosen?.id ?? null,
      edits: Object.fromEntries(photographs.map(({ id, history }) => [id, history.now])),
    });
  }

  #focusOnWork() {
    if (this.#chosen) this.picture.focus();
    else this.chooser.focus();
  }

  #draw = latest(async () => {
    const photograph = this.#chosen;
    if (!photograph) return;
    const frame = find("#picture .frame");
    frame.setAttribute("aria-busy", "true");
    const late = setTimeout(() => !this.#opening.isBusy && this.#tell("Colouring…"), PATIENCE_MS);
    try {
      // Asked for when the network is done, as the window may be another by then.
      const longest = () => Math.min(this.picture.longest, this.#isDraft ? DRAFT : PREVIEW);
      const bitmap = await this.#gallery.render(photograph, longest);
      if (photograph === this.#chosen) this.picture.showAfter(bitmap);
      else bitmap.close();
    } catch (error) {
      if (photograph === this.#chosen) this.#report(error, photograph.name);
    }
    clearTimeout(late);
    if (!this.#opening.isBusy) this.#tell("");
    frame.setAttribute("aria-busy", "false");
  });

  #drawBefore = latest(async () => {
    const photograph = this.#chosen;
    if (!photograph) return;
    try {
      const longest = Math.min(this.picture.longest, PREVIEW);
      const bitmap = await this.#engine.before(photograph.id, longest);
      if (photograph === this.#chosen) this.picture.showBefore(bitmap);
      else bitmap.close();
    } catch (error) {
      if (photograph === this.#chosen) this.#report(error, photograph.name);
    }
  });

  #drawChosenThumbnail = latest(async () => {
    if (this.#chosen) await this.#drawThumbnail(this.#chosen);
  });

  /** @param {Photograph} photograph */
  async #drawThumbnail(photograph) {
    try {
      const bitmap = await this.#gallery.render(photograph, () => THUMBNAIL);
      this.strip.thumbnail(photograph, bitmap);
    } catch (error) {
      if (this.#gallery.photographs.includes(photograph)) this.#report(error, photograph.name);
    }
  }

  /** @param {string[]} names photographs that the host cannot be given again */
  #onLost(names) {
    for (const name of names) {
      this.problems.tell("The colorizer was started anew: please load it again.", name);
    }
    const { photographs } = this.#gallery;
    const isLost = this.#chosen && !photographs.includes(this.#chosen);
    this.#choose(isLost ? (photographs[0] ?? null) : this.#chosen);
    for (const photograph of photographs) this.#drawThumbnail(photograph);
  }

  /** @param {string} text */
  #tell(text) {
    find("#status").textContent = text;
  }

  /**
   * @param {unknown} error
   * @param {string} [name]
   */
  #report(error, name) {
    const problem = error instanceof Error ? error.message : String(error);
    this.problems.tell(problem, error instanceof GoneError ? undefined : name);
  }
}
