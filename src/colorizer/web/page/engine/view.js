/** What the network sees of a photograph: about the same number of pixels, whatever its size. */

import { lightnessOfPixels } from "./lab.js";
import { reduced } from "./reduce.js";
import { resizeRgb } from "./resize.js";

/** @typedef {import("./reduce.js").Pixels} Pixels */
/** @typedef {{width: number, height: number}} Size In pixels. */

// A panorama costs at most as much as this many squares; longer ones are seen smaller.
const MAX_ASPECT = 8;
// In pixels: networks halve a picture several times, and something must be left of it.
const SMALLEST = 32;
// Pixels are averaged in blocks down to at least this many times the final size, then resized:
// with a smaller margin, colours would depend on the photograph's size.
const MARGIN = 4;

/**
 * The size at which the network sees a photograph.
 *
 * @param {Size} size the photograph's
 * @param {number} side the shorter side in pixels, unless the other would be more than eight times
 *   as long
 * @param {number} multiple both sides are multiples of this
 * @returns {Size}
 */
export function viewSize({ width, height }, side, multiple) {
  const shorter = Math.min(width, height);
  const longer = Math.max(width, height);
  const scale = Math.min(side / shorter, (MAX_ASPECT * side) / longer);
  const least = Math.min(side, Math.ceil(SMALLEST / multiple) * multiple);
  const seen = (/** @type {number} */ length) =>
    Math.max(least, halfToEven((length * scale) / multiple) * multiple);
  return { width: seen(width), height: seen(height) };
}

/**
 * A photograph's L at another size, with antialiasing; transparent areas are white.
 *
 * @param {Pixels} pixels
 * @param {Size} size
 * @returns {Float32Array} (size.height, size.width), in [0, 100]
 */
export function readView(pixels, size) {
  const across = Math.max(1, Math.floor(pixels.width / (MARGIN * size.width)));
  const down = Math.max(1, Math.floor(pixels.height / (MARGIN * size.height)));
  const small = reduced(pixels, across, down);
  // The last column and row may average fewer pixels: treating them as whole would squeeze the
  // photograph.
  const rgb = resizeRgb(
    onWhite(small.rgba), small.width, small.height, size.width, size.height,
    pixels.width / across, pixels.height / down,
  );
  return lightnessOfPixels(rgb);
}

/**
 * Lay pixels on white.
 *
 * @param {Uint8ClampedArray} rgba (H, W, 4), not premultiplied
 * @returns {Uint8Array} RGB, (H, W, 3)
 */
export function onWhite(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3];
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[to + channel] = overWhite(rgba[from + channel], alpha);
    }
  }
  return rgb;
}

/**
 * A channel of a pixel laid on white.
 *
 * @param {number} value 0 to 255
 * @param {number} alpha 0 to 255
 * @returns {number} 0 to 255, whole
 */
export function overWhite(value, alpha) {
  return Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}

/** @param {number} value @returns {number} rounded as Python does: a half becomes even */
function halfToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
