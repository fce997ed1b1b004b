/** The likeliest colours of places, as colorizer.inference.suggestions finds them. */

/** @typedef {import("./network.js").LikelyColors} LikelyColors */

/**
 * A colour that a place may have.
 *
 * @typedef {object} Suggestion
 * @property {[number, number]} ab CIELAB units
 * @property {number} share how likely it, or one like it, is, in [0, 1]
 */

export const SUGGESTIONS = 5;
// Colours that differ by no more are variations of one, in units of CIEDE2000.
const ALIKE = 10;
// CIE94's weights of chroma (CIE 116-1995, graphic arts): nearly CIEDE2000, in one line.
const CHROMA = 0.045;
const HUE = 0.015;

/**
 * The likeliest colours of a place, no two of them alike: the class around which there is most
 * likelihood, as the mean of all that are like it; then the same without these.
 *
 * @param {LikelyColors} likely
 * @param {number} place which of its places
 * @param {number} [count] how many colours, at least 1
 * @returns {Suggestion[]} the likeliest first
 */
export function suggestColors({ ab, shares }, place, count = SUGGESTIONS) {
  const classes = ab.length / 2;
  const left = shares.slice(place * classes, (place + 1) * classes);
  const alike = likenesses(ab);
  return Array.from({ length: count }, () => {
    let best = 0;
    let most = -1;
    for (let one = 0; one < classes; one += 1) {
      let around = 0;
      for (const other of alike[one]) around += left[other];
      if (around > most) [best, most] = [one, around];
    }
    let [a, b] = [0, 0];
    for (const other of alike[best]) {
      a += left[other] * ab[2 * other];
      b += left[other] * ab[2 * other + 1];
      left[other] = 0;
    }
    const whole = Math.max(most, Number.MIN_VALUE);
    return { ab: /** @type {[number, number]} */ ([a / whole, b / whole]), share: most };
  });
}

/**
 * How much colours of the same lightness differ, nearly as CIEDE2000 has it.
 *
 * @param {ArrayLike<number>} one a and b in CIELAB units
 * @param {ArrayLike<number>} other
 * @returns {number}
 */
export function difference(one, other) {
  const first = Math.hypot(one[0], one[1]);
  const second = Math.hypot(other[0], other[1]);
  const ofChroma = first - second;
  const squared = (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2;
  // Rounding may leave less than nothing.
  const ofHue = Math.max(squared - ofChroma ** 2, 0);
  const chroma = Math.sqrt(first * second);
  return Math.sqrt((ofChroma / (1 + CHROMA * chroma)) ** 2 + ofHue / (1 + HUE * chroma) ** 2);
}

/** @type {{ab: Float32Array, alike: number[][]} | null} of the network that was asked last */
let known = null;

/**
 * @param {Float32Array} ab (classes, 2)
 * @returns {number[][]} of each class, those that are alike, with itself
 */
function likenesses(ab) {
  if (known?.ab.length !== ab.length || known.ab.some((value, at) => value !== ab[at])) {
    const colors = Array.from({ length: ab.length / 2 }, (_, at) => ab.slice(2 * at, 2 * at + 2));
    const alike = colors.map((one) =>
      colors.flatMap((other, at) => (difference(one, other) <= ALIKE ? [at] : [])),
    );
    known = { ab, alike };
  }
  return known.alike;
}
