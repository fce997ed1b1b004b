/** Colour at a photograph's full size, row by row. */

import { fittedLinearRgb } from "./gamut.js";
import { fitGuide } from "./guided_filter.js";
import { encode, lightnessOf } from "./lab.js";
import { resizePlane } from "./resize.js";

/** @typedef {import("./view.js").Size} Size */

/**
 * Predicted chroma, whose saturation is still to be chosen.
 *
 * @typedef {object} Chroma
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {Float32Array} own (2, height, width), a and b in CIELAB units, the network's own part
 * @property {Float32Array} given (2, height, width), a and b in CIELAB units, what comes from
 *   hints: the visitor chose these colours, so no factor applies to them
 */

/** Paints the rows of one photograph. */
export class Painter {
  /** @type {Size} */
  #size;
  /** @type {Size} */
  #guideSize;
  #guide;
  #left;
  #right;
  #share;
  #row;

  /**
   * Fit chroma to the photograph's lightness.
   *
   * @param {Chroma} chroma for the whole photograph, at any size
   * @param {number} strength factor for the network's own part, at least 0
   * @param {Size} size the photograph's
   * @param {(size: Size) => Float32Array} readLightness returns the photograph's L at a size, as
   *   `readView` does
   */
  constructor(chroma, strength, size, readLightness) {
    const { width, height } = chroma;
    this.#size = size;
    this.#guideSize = {
      width: Math.min(width, size.width),
      height: Math.min(height, size.height),
    };
    const ab = shrunk(blended(chroma, strength), chroma, this.#guideSize);
    const lightness = readLightness(this.#guideSize);
    this.#guide = fitGuide(ab, lightness, this.#guideSize.width, this.#guideSize.height);
    this.#left = new Int32Array(size.width);
    this.#right = new Int32Array(size.width);
    this.#share = new Float32Array(size.width);
    for (let x = 0; x < size.width; x += 1) {
      const [left, right, share] = between(x, this.#guideSize.width, size.width);
      this.#left[x] = 4 * left;
      this.#right[x] = 4 * right;
      this.#share[x] = share;
    }
    this.#row = new Float32Array(4 * this.#guideSize.width);
  }

  /**
   * Paint rows of the photograph: their lightness stays, their tint is replaced.
   *
   * @param {Uint8ClampedArray} rgba (rows, W, 4), sRGB and alpha
   * @param {number} top which row of the photograph the first one is
   * @param {Uint8ClampedArray} out (rows, W, 4), where the result goes, and the same alpha; may be
   *   rgba itself
   */
  paint(rgba, top, out) {
    const { width } = this.#size;
    const rows = rgba.length / (4 * width);
    const row = this.#row;
    const linear = new Float64Array(3);
    for (let y = 0; y < rows; y += 1) {
      this.#interpolateRow(top + y);
      for (let x = 0, at = 4 * y * width; x < width; x += 1, at += 4) {
        const left = this.#left[x];
        const right = this.#right[x];
        const share = this.#share[x];
        const lightness = lightnessOf(rgba[at], rgba[at + 1], rgba[at + 2]);
        const a =
          mixed(row[left], row[right], share) * lightness +
          mixed(row[left + 2], row[right + 2], share);
        const b =
          mixed(row[left + 1], row[right + 1], share) * lightness +
          mixed(row[left + 3], row[right + 3], share);
        fittedLinearRgb(lightness, a, b, linear);
        out[at] = encode(linear[0]);
        out[at + 1] = encode(linear[1]);
        out[at + 2] = encode(linear[2]);
        out[at + 3] = rgba[at + 3];
      }
    }
  }

  /** @param {number} y which row of the photograph */
  #interpolateRow(y) {
    const [upper, lower, share] = between(y, this.#guideSize.height, this.#size.height);
    const stride = this.#row.length;
    for (let x = 0; x < stride; x += 1) {
      this.#row[x] = mixed(
        this.#guide[upper * stride + x], this.#guide[lower * stride + x], share,
      );
    }
  }
}

/**
 * @param {Chroma} chroma
 * @param {number} strength
 * @returns {Float32Array} (2, height, width), a and b in CIELAB units
 */
function blended({ own, given }, strength) {
  return own.map((value, at) => strength * value + given[at]);
}

/**
 * Chroma must not be larger than the photograph, whose lightness it is fitted to.
 *
 * @param {Float32Array} ab (2, from.height, from.width)
 * @param {Size} from
 * @param {Size} to
 * @returns {Float32Array} (2, to.height, to.width)
 */
function shrunk(ab, from, to) {
  if (from.width === to.width && from.height === to.height) {
    return ab;
  }
  const count = from.width * from.height;
  const small = new Float32Array(2 * to.width * to.height);
  for (let channel = 0; channel < 2; channel += 1) {
    const plane = ab.subarray(channel * count, (channel + 1) * count);
    const resized = resizePlane(plane, from.width, from.height, to.width, to.height);
    small.set(resized, channel * resized.length);
  }
  return small;
}

/**
 * Which two of `count` samples one of `total` is between, and how far along.
 *
 * @param {number} number of the one, from 0
 * @param {number} count
 * @param {number} total
 * @returns {[number, number, number]} the two, and a share in [0, 1)
 */
function between(number, count, total) {
  const place = Math.max(0, Math.min(count - 1, ((number + 0.5) * count) / total - 0.5));
  const first = Math.floor(place);
  return [first, Math.min(first + 1, count - 1), place - first];
}

/** @param {number} one @param {number} other @param {number} share @returns {number} */
function mixed(one, other, share) {
  return one + share * (other - one);
}
