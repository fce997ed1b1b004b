/** Hints that count only near their place, as in colorizer.inference.reach. */

/** @typedef {import("./full_size.js").Chroma} Chroma */
/** @typedef {import("./network.js").PlacedHint} PlacedHint */

// A hint counts in full up to this share of its reach, and not at all from as much beyond it.
const FULL = 0.75;

/**
 * Predict chroma with hints, each of which may count only near its place.
 *
 * By itself, a network spreads a hint to all that looks alike. Here it does so without the hints
 * that have a reach, and with them; the second counts within their reach.
 *
 * @param {(hints: PlacedHint[]) => Promise<Chroma>} decode predicts, whatever their reach
 * @param {PlacedHint[]} hints
 * @returns {Promise<Chroma>}
 */
export async function decodeWithinReach(decode, hints) {
  const everywhere = hints.filter(({ reach }) => reach === null);
  const within = await decode(hints);
  if (everywhere.length === hints.length) return within;
  const beyond = await decode(everywhere);
  const share = shareWithin(hints, within);
  const mixed = (/** @type {Float32Array} */ far, /** @type {Float32Array} */ near) =>
    far.map((value, at) => value + share[at % share.length] * (near[at] - value));
  return {
    ...within,
    own: mixed(beyond.own, within.own),
    given: mixed(beyond.given, within.given),
  };
}

/**
 * @param {PlacedHint[]} hints
 * @param {import("./view.js").Size} size
 * @returns {Float32Array} (height, width), how much each place is within the reach of a hint that
 *   has one, 0 to 1
 */
function shareWithin(hints, { width, height }) {
  const share = new Float32Array(width * height);
  const shorter = Math.min(width, height);
  for (const { x, y, reach } of hints) {
    if (reach === null) continue;
    for (let row = 0, at = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1, at += 1) {
        const distance = Math.hypot(column + 0.5 - x * width, row + 0.5 - y * height) / shorter;
        const inside = (2 - FULL - distance / reach) / (2 * (1 - FULL));
        share[at] = Math.max(share[at], Math.min(1, inside));
      }
    }
  }
  return share;
}
