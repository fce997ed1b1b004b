/**
 * 8-bit sRGB to CIELAB, and sRGB's gamma, from tables: a look-up is cheaper than a power.
 *
 * Standards: IEC 61966-2-1 (sRGB) and CIE 15 (L*a*b*), illuminant D65, 2 degree observer; the
 * constants of colorizer.color.lab_numpy, so that page and commands compute the same.
 */

/** RGB <-> XYZ / white, row by row: the white point is folded into the matrices. */
const XYZ_FROM_RGB = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const WHITE = [0.95047, 1, 1.08883];
export const RELATIVE_XYZ_FROM_RGB = XYZ_FROM_RGB.map((row, axis) =>
  row.map((value) => value / WHITE[axis]),
);
export const RGB_FROM_RELATIVE_XYZ = inverse(XYZ_FROM_RGB).map((row) =>
  row.map((value, axis) => value * WHITE[axis]),
);

/** CIE: below this a line replaces the cube root. */
export const EPSILON = 0.008856;
export const KAPPA = 7.787;
export const OFFSET = 16 / 116;

// In the dark, where the curves are steep, a step of the table is a twentieth of an 8-bit step.
const STEPS = 1 << 16;
const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => decoded(byte / 255));
const [RED, GREEN, BLUE] = RELATIVE_XYZ_FROM_RGB[1].map((share) =>
  Float32Array.from(LINEAR, (value) => share * value),
);
const LIGHTNESS = Float32Array.from({ length: STEPS + 1 }, (_, step) =>
  116 * curve(step / STEPS) - 16,
);
const GAMMA = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const value = step / STEPS;
  const curved = value > 0.0031308 ? 1.055 * value ** (1 / 2.4) - 0.055 : 12.92 * value;
  return Math.round(255 * curved);
});

/**
 * L of one 8-bit sRGB pixel, from tables, within 0.01 of {@link labOf}.
 *
 * @param {number} red 0 to 255, as are green and blue
 * @param {number} green
 * @param {number} blue
 * @returns {number} in [0, 100]
 */
export function lightnessOf(red, green, blue) {
  return LIGHTNESS[Math.min(STEPS, ((RED[red] + GREEN[green] + BLUE[blue]) * STEPS + 0.5) | 0)];
}

/**
 * CIELAB of one 8-bit sRGB pixel.
 *
 * @param {number} red 0 to 255, as are green and blue
 * @param {number} green
 * @param {number} blue
 * @returns {[number, number, number]} L in [0, 100], a and b in about [-128, 127]
 */
export function labOf(red, green, blue) {
  const [fx, fy, fz] = RELATIVE_XYZ_FROM_RGB.map((row) =>
    curve(row[0] * LINEAR[red] + row[1] * LINEAR[green] + row[2] * LINEAR[blue]),
  );
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/**
 * L of 8-bit sRGB pixels, computed rather than looked up, as networks see photographs.
 *
 * @param {Uint8Array | Uint8ClampedArray} rgb (H, W, 3)
 * @returns {Float32Array} (H, W), in [0, 100]
 */
export function lightnessOfPixels(rgb) {
  const lightness = new Float32Array(rgb.length / 3);
  const [red, green, blue] = RELATIVE_XYZ_FROM_RGB[1];
  for (let at = 0, from = 0; at < lightness.length; at += 1, from += 3) {
    const luminance =
      red * LINEAR[rgb[from]] + green * LINEAR[rgb[from + 1]] + blue * LINEAR[rgb[from + 2]];
    lightness[at] = 116 * curve(luminance) - 16;
  }
  return lightness;
}

/**
 * Chroma of an sRGB colour.
 *
 * @param {string} color `#rrggbb`
 * @returns {[number, number]} a and b in CIELAB units
 */
export function abOf(color) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!found) {
    throw new TypeError(`a colour must be #rrggbb, got ${color}`);
  }
  const [, a, b] = labOf(parseInt(found[1], 16), parseInt(found[2], 16), parseInt(found[3], 16));
  return [a, b];
}

/**
 * sRGB's gamma, for one channel of linear RGB.
 *
 * @param {number} linear clipped to [0, 1]
 * @returns {number} 0 to 255, whole
 */
export function encode(linear) {
  return GAMMA[Math.max(0, Math.min(STEPS, (linear * STEPS + 0.5) | 0))];
}

/** @param {number} value sRGB in [0, 1] @returns {number} linear RGB in [0, 1] */
function decoded(value) {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
}

/** @param {number} relative X, Y or Z / white @returns {number} f of CIE 15 */
function curve(relative) {
  return relative > EPSILON ? Math.cbrt(relative) : KAPPA * relative + OFFSET;
}

/** @param {number[][]} matrix (3, 3) @returns {number[][]} its inverse, by cofactors */
function inverse([[a, b, c], [d, e, f], [g, h, i]]) {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
}
