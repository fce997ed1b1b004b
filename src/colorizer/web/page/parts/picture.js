/** A photograph before and after, to be compared, looked at closely, and given colours. */

import { draw, find } from "./dom.js";
import { Spots } from "./spots.js";
import { Viewport } from "./viewport.js";

/**
 * @typedef {import("../edits.js").Dot} Dot
 * @typedef {import("../engine/view.js").Size} Size
 * @typedef {import("./spots.js").SpotEvents} SpotEvents
 * @typedef {import("./viewport.js").Point} Point
 * @typedef {"line" | "side" | "after"} Comparison
 * @typedef {"colour" | "pipette" | "question" | null} Aim what a tap is for
 */

/**
 * @typedef {object} PictureEvents
 * @property {(place: Point) => void} onPlace a place was chosen for the picked colour
 * @property {(place: Point) => void} onAsk a place was chosen whose likely colours are wanted
 * @property {(color: string) => void} onColor a place was chosen whose colour is wanted
 * @property {() => void} onNothing a place was chosen for nothing
 * @property {() => void} onResize the photograph is shown larger or smaller
 */

const TAP = 6; // pixels that a finger may slip
const ZOOM_STEP = 1.5;
const LINE_STEP = 5; // per cent
const CROSS_STEP = 0.02; // a share of the photograph
const PIPETTE = 5; // pixels, the side of the square whose mean colour is taken
const ARROWS = /** @type {Record<string, Point>} */ ({
  ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 },
});

/** The part of the page that shows the chosen photograph. */
export class Picture {
  #root = find("#picture");
  #frame = find(".frame", this.#root);
  #spotsRoot = find(".spots", this.#root);
  #before = find(".pane.before", this.#root);
  #after = find(".pane.after", this.#root);
  #line = find(".line", this.#root);
  #cross = find(".cross", this.#root);
  #viewport = new Viewport();
  #events;
  #spots;
  /** @type {Comparison} */
  #comparison = "line";
  #share = 50;
  /** @type {Aim} */
  #aim = null;
  /** @type {Point | null} */
  #crossAt = null;
  /** @type {Map<number, Point>} pointers that are down, by their numbers */
  #pointers = new Map();
  #isDragged = false;
  #isLine = false;

  /** @param {PictureEvents & SpotEvents} events */
  constructor(events) {
    this.#events = events;
    this.#spots = new Spots(
      this.#spotsRoot,
      (place) => this.#fromAfter(this.#viewport.toPane(place)),
      (event) => this.#viewport.toPhotograph(this.#inAfter(event)),
      (place) => this.#reveal(place),
      () => Math.min(this.#viewport.size.width, this.#viewport.size.height),
      events,
    );
    this.#listenToTools();
    this.#listenToPointers();
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
    this.#line.addEventListener("keydown", (event) => this.#onLineKey(event));
    new ResizeObserver(() => this.#layOut()).observe(this.#frame);
  }

  /**
   * Show another photograph, whole.
   *
   * @param {string} name
   * @param {Size} size in pixels
   */
  open(name, size) {
    find(".caption", this.#root).textContent = `${name}, ${size.width} × ${size.height} pixels`;
    this.#viewport.open(size);
    this.#share = 50;
    this.#crossAt = null;
    // What was shown is another photograph, and this one may take a while.
    for (const canvas of this.#frame.querySelectorAll("canvas")) canvas.width = 1;
    this.#layOut();
  }

  /** @returns {number} pixels of its longer side that can be seen on this screen */
  get longest() {
    const { width, height } = this.#viewport.size;
    return Math.ceil(Math.max(width, height) * window.devicePixelRatio);
  }

  /** @param {ImageBitmap} bitmap the photograph in its own colours */
  showBefore(bitmap) {
    draw(find("canvas", this.#before, HTMLCanvasElement), bitmap);
  }

  /** @param {ImageBitmap} bitmap the photograph in colour */
  showAfter(bitmap) {
    draw(find("canvas", this.#after, HTMLCanvasElement), bitmap);
  }

  /**
   * @param {Dot[]} dots
   * @param {number | null} selected
   */
  showDots(dots, selected) {
    this.#spots.show(dots, selected);
  }

  /** @param {Aim} aim */
  aim(aim) {
    this.#aim = aim;
    this.#frame.classList.toggle("picking", aim !== null);
    if (!aim) this.#crossAt = null;
    this.#place();
  }

  /** @param {boolean} isOriginal whether to show the original for a while */
  showOriginal(isOriginal) {
    this.#after.hidden = isOriginal;
    this.#before.hidden = !isOriginal && this.#comparison === "after";
  }

  /** @param {number} [dot] the focus goes to this dot if there is one, or else to the frame */
  focus(dot) {
    if (dot === undefined || !this.#spots.focus(dot)) this.#frame.focus();
  }

  /** @param {number} factor */
  zoom(factor) {
    this.#viewport.zoom(factor);
    this.#layOut();
  }

  fit() {
    this.#viewport.fit();
    this.#layOut();
  }

  get isZoomed() {
    return this.#viewport.isZoomed;
  }

  #listenToTools() {
    const tools = find(".tools", this.#root);
    for (const button of tools.querySelectorAll("[data-compare]")) {
      button.addEventListener("click", () => {
        this.#comparison = /** @type {Comparison} */ (button.getAttribute("data-compare"));
        for (const other of tools.querySelectorAll("[data-compare]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        this.#layOut();
      });
    }
    const hold = find(".hold", tools);
    hold.addEventListener("pointerdown", () => this.showOriginal(true));
    hold.addEventListener("keydown", ({ key }) => {
      if ([" ", "Enter"].includes(key)) this.showOriginal(true);
    });
    for (const type of ["pointerup", "pointerleave", "keyup", "blur"]) {
      hold.addEventListener(type, () => this.showOriginal(false));
    }
    find(".smaller", tools).addEventListener("click", () => this.zoom(1 / ZOOM_STEP));
    find(".larger", tools).addEventListener("click", () => this.zoom(ZOOM_STEP));
    find(".fit", tools).addEventListener("click", () => this.fit());
    find(".full", tools).addEventListener("click", () => this.toggleFullScreen());
    const shown = find(".dots-shown", tools, HTMLInputElement);
    shown.addEventListener("change", () =>
      this.#frame.classList.toggle("without-dots", !shown.checked),
    );
  }

  /** Fill the screen, or leave it again. */
  toggleFullScreen() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else {
      this.#root.requestFullscreen?.();
    }
  }

  #listenToPointers() {
    this.#frame.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.#frame.setPointerCapture(event.pointerId);
      this.#isLine = event.target instanceof Node && this.#line.contains(event.target);
      this.#isDragged = this.#pointers.size > 0;
      this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    this.#frame.addEventListener("pointermove", (event) => this.#onMove(event));
    this.#frame.addEventListener("pointerup", (event) => {
      const isTap = this.#pointers.delete(event.pointerId) && !this.#isDragged;
      if (isTap) this.#onTap(event);
    });
    this.#frame.addEventListener("pointercancel", ({ pointerId }) => {
      this.#pointers.delete(pointerId);
    });
    this.#frame.addEventListener("dblclick", (event) => {
      const isSpot = event.target instanceof Node && this.#spotsRoot.contains(event.target);
      if (this.#aim || isSpot) return;
      if (this.isZoomed) this.#viewport.fit();
      else this.#viewport.zoom(ZOOM_STEP ** 3, this.#at(event));
      this.#layOut();
    });
    const onWheel = (/** @type {WheelEvent} */ event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page is to scroll
      event.preventDefault();
      this.#viewport.zoom(Math.exp(-event.deltaY / 200), this.#at(event));
      this.#layOut();
    };
    this.#frame.addEventListener("wheel", onWheel, { passive: false });
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const last = this.#pointers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    const [right, down] = [now.x - last.x, now.y - last.y];
    if (!this.#isDragged && Math.hypot(right, down) <= TAP) return;
    this.#isDragged = true;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const spread = (/** @type {Point} */ one) => Math.hypot(one.x - other.x, one.y - other.y);
      const middle = { clientX: (last.x + other.x) / 2, clientY: (last.y + other.y) / 2 };
      this.#viewport.zoom(spread(now) / Math.max(1, spread(last)), this.#at(middle));
      this.#viewport.pan(right / 2, down / 2); // so far moves the middle between the two
    } else if (this.isZoomed && !this.#isLine) {
      this.#viewport.pan(right, down);
    } else if (this.#comparison === "line") {
      const { left, width } = this.#frame.getBoundingClientRect();
      this.#divide((100 * (now.x - left)) / width);
    }
    this.#pointers.set(event.pointerId, now);
    this.#layOut();
  }

  /** @param {PointerEvent} event */
  #onTap(event) {
    const place = this.#viewport.toPhotograph(this.#at(event));
    if (place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1) this.#choose(place);
  }

  /** @param {Point} place */
  #choose(place) {
    if (this.#aim === "colour") this.#events.onPlace(place);
    else if (this.#aim === "pipette") this.#events.onColor(this.#colorAt(place));
    else if (this.#aim === "question") this.#events.onAsk(place);
    else this.#events.onNothing();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && this.#aim) {
      this.#moveCross(arrow);
    } else if (arrow && this.isZoomed) {
      this.#viewport.pan(-40 * arrow.x, -40 * arrow.y);
      this.#layOut();
    } else if (event.key === "Enter" && this.#aim) {
      this.#choose(this.#crossAt ?? this.#viewport.middle);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Point} arrow which way; the first one only shows the cross, where one looks */
  #moveCross(arrow) {
    const moved = (/** @type {"x" | "y"} */ axis) => {
      const share = this.#crossAt && this.#crossAt[axis] + arrow[axis] * CROSS_STEP;
      return Math.min(1, Math.max(0, share ?? this.#viewport.middle[axis]));
    };
    this.#crossAt = { x: moved("x"), y: moved("y") };
    this.#reveal(this.#crossAt);
  }

  /** @param {Point} place is to be seen */
  #reveal(place) {
    this.#viewport.reveal(place);
    this.#place();
  }

  /** @param {KeyboardEvent} event */
  #onLineKey(event) {
    const steps = /** @type {Record<string, number>} */ ({
      ArrowLeft: -LINE_STEP, ArrowRight: LINE_STEP, Home: -100, End: 100,
    });
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.#divide(this.#share + step);
  }

  /** @param {number} percent where the line is */
  #divide(percent) {
    this.#share = Math.min(100, Math.max(0, percent));
    this.#place();
  }

  /**
   * @param {Pick<MouseEvent, "clientX" | "clientY">} where in the window
   * @returns {Point} CSS pixels from the corner of the pane under it
   */
  #at({ clientX, clientY }) {
    const { left, top, width } = this.#frame.getBoundingClientRect();
    const x = clientX - left;
    const isRight = this.#comparison === "side" && x > width / 2;
    return { x: isRight ? x - width / 2 : x, y: clientY - top };
  }

  /**
   * @param {MouseEvent} event
   * @returns {Point} CSS pixels from the corner of the pane in colour, which it may be beside
   */
  #inAfter(event) {
    const { left, top } = this.#after.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** @param {Point} point in the pane in colour @returns {Point} in the frame */
  #fromAfter({ x, y }) {
    return { x: this.#comparison === "side" ? x + this.#frame.clientWidth / 2 : x, y };
  }

  /** @param {Point} place @returns {string} `#rrggbb` */
  #colorAt({ x, y }) {
    const canvas = find("canvas", this.#after, HTMLCanvasElement);
    const clamp = (/** @type {number} */ share, /** @type {number} */ side) =>
      Math.min(Math.max(0, side - PIPETTE), Math.max(0, Math.round(share * side - PIPETTE / 2)));
    const [left, top] = [clamp(x, canvas.width), clamp(y, canvas.height)];
    const data = canvas.getContext("2d")?.getImageData(left, top, PIPETTE, PIPETTE).data ?? [];
    const sums = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      for (let channel = 0; channel < 3; channel += 1) sums[channel] += data[at + channel];
    }
    const means = sums.map((sum) => Math.round((4 * sum) / data.length));
    return `#${means.map((mean) => mean.toString(16).padStart(2, "0")).join("")}`;
  }

  /** Give the panes their sizes, and everything its place. */
  #layOut() {
    const isSide = this.#comparison === "side";
    const { clientWidth: width, clientHeight: height } = this.#frame;
    const before = this.longest;
    this.#viewport.resize({ width: isSide ? width / 2 : width, height });
    this.#before.style.right = isSide ? "50%" : "0";
    this.#after.style.left = isSide ? "50%" : "0";
    this.#before.hidden = this.#comparison === "after";
    this.#line.hidden = this.#comparison !== "line";
    this.#frame.classList.toggle("zoomed", this.isZoomed);
    this.#place();
    if (this.longest !== before) this.#events.onResize();
  }

  #place() {
    const { width, height } = this.#viewport.size;
    const { x, y } = this.#viewport.corner;
    for (const canvas of this.#frame.querySelectorAll("canvas")) {
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.style.transform = `translate(${x}px, ${y}px)`;
    }
    const isLine = this.#comparison === "line";
    this.#after.style.clipPath = isLine ? `inset(0 0 0 ${this.#share}%)` : "";
    this.#line.style.left = `${this.#share}%`;
    this.#line.setAttribute("aria-valuenow", String(Math.round(this.#share)));
    this.#spots.place();
    this.#cross.hidden = this.#crossAt === null;
    if (this.#crossAt) {
      const cross = this.#fromAfter(this.#viewport.toPane(this.#crossAt));
      this.#cross.style.left = `${cross.x}px`;
      this.#cross.style.top = `${cross.y}px`;
    }
  }
}
