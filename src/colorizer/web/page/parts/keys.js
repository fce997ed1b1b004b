/** What keys do, wherever the focus is but where they have a meaning of their own. */

import { find } from "./dom.js";

/**
 * @typedef {object} KeyEvents
 * @property {() => void} onUndo
 * @property {() => void} onRedo
 * @property {(step: 1 | -1) => void} onStep to the next photograph, or back
 * @property {() => void} onDelete
 * @property {() => void} onEscape
 * @property {(factor: number) => void} onZoom 0 to show the whole photograph
 * @property {(isOriginal: boolean) => void} onOriginal
 * @property {() => void} onFullScreen
 * @property {(() => void) | null} onSuggest null if there is nothing to suggest
 */

const SUGGEST = "S";
const TABLE = [
  ["← →", "another photograph; with the line, a dot or a zoomed photograph in focus, it moves"],
  ["Enter", "with a colour picked: place it at the cross, which the arrow keys move"],
  [SUGGEST, "a suggested colour: for the place that you tap, or with Enter at the cross"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Delete", "the chosen dot; with the strip in focus, the photograph"],
  ["+ − 0", "zoom in, zoom out, show all; also Ctrl and the mouse wheel"],
  ["O", "the original, while it is held"],
  ["F", "full screen"],
  ["Esc", "put the colour back, let go of the dot"],
  ["?", "this table"],
];
const ZOOM = /** @type {Record<string, number>} */ ({ "+": 1.5, "=": 1.5, "-": 1 / 1.5, "0": 0 });

/**
 * Listen to the keys, and show their table on request.
 *
 * @param {KeyEvents} events
 */
export function listenToKeys(events) {
  const dialog = find("#keys", document, HTMLDialogElement);
  const table = TABLE.filter(([key]) => key !== SUGGEST || events.onSuggest);
  const rows = table.flatMap(([key, meaning]) => {
    const [term, text] = ["dt", "dd"].map((tag) => document.createElement(tag));
    term.textContent = key;
    text.textContent = meaning;
    return [term, text];
  });
  find("dl", dialog).replaceChildren(...rows);
  find("#help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (dialog.open || event.altKey || event.defaultPrevented || isOwn(event)) return;
    const handled =
      event.ctrlKey || event.metaKey ? withControl(event, events) : plain(event, events, dialog);
    if (handled) event.preventDefault();
  });
  document.addEventListener("keyup", ({ key }) => {
    if (key.toLowerCase() === "o") events.onOriginal(false);
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {KeyEvents} events
 * @returns {boolean} whether the key means something
 */
function withControl({ key, shiftKey }, { onUndo, onRedo }) {
  const letter = key.toLowerCase();
  if (letter === "y" || (letter === "z" && shiftKey)) onRedo();
  else if (letter === "z") onUndo();
  else return false;
  return true;
}

/**
 * @param {KeyboardEvent} event
 * @param {KeyEvents} events
 * @param {HTMLDialogElement} dialog
 * @returns {boolean} whether the key means something
 */
function plain({ key }, events, dialog) {
  if (key in ZOOM) events.onZoom(ZOOM[key]);
  else if (key === "ArrowLeft") events.onStep(-1);
  else if (key === "ArrowRight") events.onStep(1);
  else if (key === "Delete") events.onDelete();
  else if (key === "Escape") events.onEscape();
  else if (key === "?") dialog.showModal();
  else if (key.toLowerCase() === "o") events.onOriginal(true);
  else if (key.toLowerCase() === "f") events.onFullScreen();
  else if (key.toUpperCase() === SUGGEST && events.onSuggest) events.onSuggest();
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @returns {boolean} whether the key is for what has the focus */
function isOwn({ target, key }) {
  if (target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return target.type === "number" || (target.type === "range" && key.startsWith("Arrow"));
}
