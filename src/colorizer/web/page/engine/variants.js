/** Several plausible colourings, as colorizer.inference.variants finds them. */

import { difference, suggestColors } from "./suggestions.js";

/** @typedef {import("./full_size.js").Chroma} Chroma */
/** @typedef {import("./network.js").LikelyColors} LikelyColors */
/** @typedef {import("./network.js").Place} Place */
/** @typedef {import("./network.js").PlacedHint} PlacedHint */
/** @typedef {[number, number]} Ab a and b in CIELAB units */

/**
 * A photograph, encoded by a network that takes hints and knows how likely colours are.
 *
 * @typedef {object} Encoded
 * @property {(hints: PlacedHint[]) => Promise<Chroma>} decode
 * @property {(places: Place[]) => Promise<LikelyColors>} likelyColors
 */

export const VARIANTS = 4;
// Places whose colours a variant chooses.
const DOTS = 3;
// Pixels of the predicted chroma from one place that the network is asked about to the next.
const STRIDE = 8;
// How far doubt at one place counts for others: a standard deviation, as a share of the shorter
// side. Doubt about much of the photograph is worth more than doubt about a spot.
const SPREAD = 0.06;
// Where the network is surer than that, in units of CIEDE2000, there is nothing to choose.
const LEAST_DOUBT = 2;
// Colours less likely than this are not plausible.
const LEAST_SHARE = 0.07;
// What a hint is given to see how far it reaches, in CIELAB units.
const PROBE = 100;

/**
 * Return colour hints for each of several colourings; the first has the known ones alone.
 *
 * @param {Encoded} encoded
 * @param {PlacedHint[]} known part of all colourings
 * @param {number} [count] how many colourings, at least 1
 * @returns {Promise<PlacedHint[][]>}
 */
export async function proposeVariants(encoded, known, count = VARIANTS) {
  const plain = await encoded.decode(known);
  const [width, height] = [plain.width / STRIDE, plain.height / STRIDE];
  const [a, b] = byCells(plain.own.map((value, at) => value + plain.given[at]), plain);
  const predicted = Array.from(a, (value, cell) => /** @type {Ab} */ ([value, b[cell]]));
  const places = predicted.map((_, cell) => ({
    x: ((cell % width) + 0.5) / width,
    y: (Math.floor(cell / width) + 0.5) / height,
  }));
  const likely = await encoded.likelyColors(places);
  const doubt = doubts(likely, predicted);
  /** @type {{place: Place, colors: Ab[]}[]} */
  const chosen = [];
  const dots = (/** @type {number} */ number) =>
    chosen.map(({ place, colors }) => ({ ...place, ab: colors[number], reach: null }));
  while (chosen.length < DOTS && count > 1) {
    const undecided = await undecidedBy(encoded, [...known, ...dots(0)]);
    const left = spread(doubt.map((value, at) => value * (undecided?.[at] ?? 1)), width, height);
    const cell = left.reduce((best, value, at) => (value > left[best] ? at : best), 0);
    if (left[cell] < LEAST_DOUBT) break;
    const colors = differing(suggestColors(likely, cell), predicted[cell], count - 1);
    chosen.push({ place: places[cell], colors });
  }
  return [known, ...Array.from({ length: count - 1 }, (_, at) => [...known, ...dots(at)])];
}

/**
 * @param {Encoded} encoded
 * @param {PlacedHint[]} hints
 * @returns {Promise<number[] | null>} how much of each cell's colour they leave to the network, 0
 *   to 1; null if there are none
 */
async function undecidedBy(encoded, hints) {
  if (!hints.length) return null;
  const probes = hints.map((hint) => ({ ...hint, ab: /** @type {Ab} */ ([PROBE, 0]) }));
  const probed = await encoded.decode(probes);
  const [reached] = byCells(probed.given, probed);
  return reached.map((value) => 1 - Math.min(1, Math.max(0, value / PROBE)));
}

/**
 * @param {LikelyColors} likely
 * @param {Ab[]} own the network's colours, of each place
 * @returns {number[]} how far these are on average from the likely ones
 */
function doubts({ ab, shares }, own) {
  const classes = ab.length / 2;
  const colors = Array.from({ length: classes }, (_, at) => ab.subarray(2 * at, 2 * at + 2));
  return own.map((color, place) =>
    colors.reduce(
      (sum, other, at) => sum + shares[place * classes + at] * difference(color, other), 0,
    ),
  );
}

/**
 * Return likely colours of a place, each far from those before it and from the network's own; if
 * there are not so many, they come again.
 *
 * @param {import("./suggestions.js").Suggestion[]} suggestions
 * @param {Ab} own
 * @param {number} count
 * @returns {Ab[]}
 */
function differing(suggestions, own, count) {
  const most = Math.max(...suggestions.map(({ share }) => share));
  const plausible = suggestions.filter(({ share }) => share >= Math.min(LEAST_SHARE, most));
  /** @type {Ab[]} */
  const taken = [];
  const left = [...plausible];
  while (left.length && taken.length < count) {
    const worths = left.map(({ ab, share }) => {
      const far = Math.min(...[own, ...taken].map((other) => difference(ab, other)));
      return far * Math.sqrt(share);
    });
    const best = worths.indexOf(Math.max(...worths));
    taken.push(left[best].ab);
    left.splice(best, 1);
  }
  const again = count - taken.length;
  return [
    ...taken,
    ...Array.from({ length: again }, (_, at) => plausible[at % plausible.length].ab),
  ];
}

/**
 * @param {number[]} cells (height, width)
 * @param {number} width
 * @param {number} height
 * @returns {number[]} smoothed by a Gaussian; beyond the borders there is nothing
 */
function spread(cells, width, height) {
  const deviation = SPREAD * Math.min(width, height);
  const rows = gaussian(height, deviation);
  const columns = gaussian(width, deviation);
  const along = cells.map((_, cell) => {
    const start = cell - (cell % width);
    return columns[cell % width].reduce((sum, share, x) => sum + share * cells[start + x], 0);
  });
  return along.map((_, cell) =>
    rows[Math.floor(cell / width)].reduce(
      (sum, share, y) => sum + share * along[y * width + (cell % width)], 0,
    ),
  );
}

/**
 * @param {number} length
 * @param {number} deviation
 * @returns {number[][]} the weights of so many cells for each of them
 */
function gaussian(length, deviation) {
  const whole = deviation * Math.sqrt(2 * Math.PI);
  return Array.from({ length }, (_, one) =>
    Array.from({ length }, (__, other) =>
      Math.exp(-(((one - other) / deviation) ** 2) / 2) / whole,
    ),
  );
}

/**
 * @param {Float32Array} planes (2, height, width)
 * @param {import("./view.js").Size} size
 * @returns {[number[], number[]]} the means of each plane over cells, row by row
 */
function byCells(planes, { width, height }) {
  const across = width / STRIDE;
  const sums = [0, 1].map(() => new Array(across * (height / STRIDE)).fill(0));
  for (let at = 0; at < planes.length; at += 1) {
    const plane = at < width * height ? 0 : 1;
    const within = at - plane * width * height;
    const row = Math.floor(within / width / STRIDE);
    sums[plane][row * across + Math.floor((within % width) / STRIDE)] += planes[at];
  }
  const [a, b] = sums.map((plane) => plane.map((sum) => sum / STRIDE ** 2));
  return [a, b];
}
