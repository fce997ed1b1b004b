/** Short ways to find and make elements. */

/**
 * Find the one element that a selector means.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @param {new () => T} [kind] what it must be
 * @returns {T}
 */
export function find(selector, within = document, kind) {
  const found = within.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) {
    throw new Error(`the page has no ${selector}`);
  }
  return /** @type {T} */ (found);
}

/**
 * Tell whether an element can have the focus; browsers take it from what is disabled or hidden.
 *
 * @param {Element} element
 * @returns {boolean}
 */
export function isUsable(element) {
  return !element.matches(":disabled") && element.checkVisibility({ visibilityProperty: true });
}

/**
 * Make a button.
 *
 * @param {string} label what it says, or is called where it shows something else
 * @param {() => void} onClick
 * @param {(Node | string)[]} [content] what it shows instead
 * @returns {HTMLButtonElement}
 */
export function button(label, onClick, content) {
  const made = document.createElement("button");
  made.type = "button";
  if (content) {
    made.setAttribute("aria-label", label);
    made.append(...content);
  } else {
    made.textContent = label;
  }
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Draw a bitmap, and close it.
 *
 * @param {HTMLCanvasElement} canvas takes its size
 * @param {ImageBitmap} bitmap
 */
export function draw(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
}
