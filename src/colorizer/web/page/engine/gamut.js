/** CIELAB to sRGB at constant lightness: where sRGB cannot show a colour, its chroma gives way. */

import { EPSILON, KAPPA, OFFSET, RGB_FROM_RELATIVE_XYZ, encode } from "./lab.js";

// How far linear RGB may leave [0, 1]: through rounding, and because lab.js's constants make white
// 1.00008. Both are far less than an 8-bit step, which is smallest in the dark.
const LEAST = -1e-5;
const MOST = 1 + 1e-4;
// Halvings in the search for the largest chroma, which is found to within 1/4096.
const HALVINGS = 12;
const KNEE = KAPPA * EPSILON + OFFSET;
const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = RGB_FROM_RELATIVE_XYZ;

/**
 * Convert CIELAB to linear RGB with sRGB's primaries, without clipping.
 *
 * @param {number} lightness L in [0, 100]
 * @param {number} a CIELAB units, about [-128, 127], as is b
 * @param {number} b
 * @param {Float64Array} out (3), where the result goes; colours that sRGB can show are in [0, 1]
 */
export function linearRgb(lightness, a, b, out) {
  const fy = (lightness + 16) / 116;
  const x = relative(fy + a / 500);
  const y = relative(fy);
  const z = relative(fy - b / 200);
  out[0] = RX * x + RY * y + RZ * z;
  out[1] = GX * x + GY * y + GZ * z;
  out[2] = BX * x + BY * y + BZ * z;
}

/**
 * Convert as {@link linearRgb} does, but reduce chroma where sRGB cannot show a colour.
 *
 * Lightness and hue stay, and as much chroma as sRGB has there.
 *
 * @param {number} lightness as in {@link linearRgb}, as are a, b and out
 * @param {number} a
 * @param {number} b
 * @param {Float64Array} out (3), in [-1e-5, 1 + 1e-4] afterwards
 */
export function fittedLinearRgb(lightness, a, b, out) {
  linearRgb(lightness, a, b, out);
  if (isShown(out)) {
    return;
  }
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    linearRgb(lightness, a * middle, b * middle, out);
    if (isShown(out)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  linearRgb(lightness, a * low, b * low, out);
}

/**
 * An sRGB colour that has these a and b; if sRGB has them at no lightness, their chroma is reduced.
 *
 * @param {[number, number]} ab CIELAB units
 * @param {number} lightness L in [0, 100] that is wanted; the colour has the nearest at which sRGB
 *   shows it
 * @returns {string} `#rrggbb`
 */
export function colorOf([a, b], lightness) {
  const linear = new Float64Array(3);
  const levels = Array.from({ length: 99 }, (_, at) => at + 1).sort(
    (one, other) => Math.abs(one - lightness) - Math.abs(other - lightness),
  );
  const shown = levels.find((level) => {
    linearRgb(level, a, b, linear);
    return isShown(linear);
  });
  fittedLinearRgb(shown ?? levels[0], a, b, linear);
  const digits = Array.from(linear, (value) => encode(value).toString(16).padStart(2, "0"));
  return `#${digits.join("")}`;
}

/** @param {number} f of CIE 15 @returns {number} X, Y or Z / white */
function relative(f) {
  // A cube above the knee and a line below it.
  return f > KNEE ? f * f * f : KNEE * KNEE * KNEE + (f - KNEE) / KAPPA;
}

/** @param {Float64Array} linear (3) @returns {boolean} */
function isShown(linear) {
  const red = linear[0];
  const green = linear[1];
  const blue = linear[2];
  return (
    red >= LEAST && green >= LEAST && blue >= LEAST && red <= MOST && green <= MOST && blue <= MOST
  );
}
