/** Averages over blocks of pixels, as Pillow's `Image.reduce` computes them, while rows arrive. */

/**
 * Rows of a photograph, which need not be in memory as a whole.
 *
 * @typedef {object} Pixels
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {(top: number, bottom: number) => Uint8ClampedArray} rows sRGB and alpha, not
 *   premultiplied, (bottom - top, width, 4)
 */

const CHANNELS = 4;
// What is read at once, in pixels.
const STRIP_PIXELS = 1 << 18;

/**
 * Return the means of blocks of pixels; what is more transparent counts less.
 *
 * Blocks at the right and lower border may be of fewer pixels.
 *
 * @param {Pixels} pixels
 * @param {number} across width of a block in pixels, at least 1
 * @param {number} down height of a block in pixels, at least 1
 * @returns {{width: number, height: number, rgba: Uint8ClampedArray}} sizes in blocks
 */
export function reduced(pixels, across, down) {
  const width = Math.ceil(pixels.width / across);
  const height = Math.ceil(pixels.height / down);
  const rgba = new Uint8ClampedArray(width * height * CHANNELS);
  const atOnce = Math.max(1, Math.floor(STRIP_PIXELS / (pixels.width * down)));
  const isKept = across === 1 && down === 1;
  const sums = new Uint32Array(width * CHANNELS);
  for (let first = 0; first < height; first += atOnce) {
    const last = Math.min(height, first + atOnce);
    const top = first * down;
    const strip = pixels.rows(top, Math.min(pixels.height, last * down));
    if (isKept) {
      rgba.set(strip, first * width * CHANNELS);
      continue;
    }
    for (let row = first; row < last; row += 1) {
      const rows = Math.min(down, pixels.height - row * down);
      sums.fill(0);
      for (let y = 0; y < rows; y += 1) {
        const from = (row * down - top + y) * pixels.width * CHANNELS;
        addRow(strip, from, pixels.width, across, sums);
      }
      divide(sums, rows, pixels.width, across, rgba, row * width * CHANNELS);
    }
  }
  return { width, height, rgba };
}

/**
 * Add a row's pixels, multiplied by their alpha, to the sums of their blocks.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} from where the row starts
 * @param {number} width in pixels
 * @param {number} across width of a block
 * @param {Uint32Array} sums (blocks, 4), changed in place
 */
function addRow(rgba, from, width, across, sums) {
  let at = from;
  let to = 0;
  for (let start = 0; start < width; start += across) {
    const end = Math.min(width, start + across);
    let red = 0;
    let green = 0;
    let blue = 0;
    let opacity = 0;
    for (let x = start; x < end; x += 1) {
      const alpha = rgba[at + 3];
      if (alpha === 255) {
        red += rgba[at];
        green += rgba[at + 1];
        blue += rgba[at + 2];
      } else {
        red += share(rgba[at], alpha);
        green += share(rgba[at + 1], alpha);
        blue += share(rgba[at + 2], alpha);
      }
      opacity += alpha;
      at += CHANNELS;
    }
    sums[to] += red;
    sums[to + 1] += green;
    sums[to + 2] += blue;
    sums[to + 3] += opacity;
    to += CHANNELS;
  }
}

/**
 * Turn the sums of a row of blocks into means, no longer multiplied by alpha.
 *
 * @param {Uint32Array} sums (blocks, 4)
 * @param {number} rows how many rows were added
 * @param {number} width in pixels
 * @param {number} across width of a block
 * @param {Uint8ClampedArray} rgba where they go
 * @param {number} offset where in rgba
 */
function divide(sums, rows, width, across, rgba, offset) {
  for (let at = 0, start = 0; at < sums.length; at += CHANNELS, start += across) {
    const count = rows * Math.min(across, width - start);
    const alpha = mean(sums[at + 3], count);
    rgba[offset + at + 3] = alpha;
    for (let channel = at; channel < at + 3; channel += 1) {
      const value = mean(sums[channel], count);
      rgba[offset + channel] =
        alpha === 255 || alpha === 0 ? value : Math.floor((255 * value) / alpha);
    }
  }
}

/**
 * As Pillow divides: by a 24-bit reciprocal, which now and then is a step too small.
 *
 * @param {number} sum of bytes
 * @param {number} count of them
 * @returns {number} their mean
 */
function mean(sum, count) {
  const reciprocal = Math.floor(Math.fround(2 ** 32 / Math.fround(256 * count)));
  return ((sum + (count >> 1)) * reciprocal) >>> 24;
}

/** @param {number} value @param {number} alpha @returns {number} value * alpha / 255, all bytes */
function share(value, alpha) {
  const product = value * alpha + 128;
  return ((product >> 8) + product) >> 8;
}
