/**
 * Resizing as Pillow does it, so that page and commands show a network the same photograph.
 *
 * Both filters are separable: each row is resized, then each column. A filter is stretched by the
 * factor of the reduction, which makes it an antialiasing one; weights are divided by their sum,
 * so that at a border those within the picture count alone. 8-bit pixels are weighed in fixed
 * point, and rounded between the passes.
 */

/**
 * @typedef {object} Weights
 * @property {number} count how many samples there are
 * @property {number} taps how many weights each sample has, at most
 * @property {Int32Array} first for each sample, the first value that it is made of
 * @property {Int32Array} used for each sample, how many values it is made of
 * @property {Float64Array} weights (count, taps), each row's sum 1
 */

// Weights of 8-bit pixels are whole multiples of 2 ** -22: with them, sums fit 32 bits.
const PRECISION = 22;
const CHANNELS = 3;

/**
 * A filter: the distance at which it ends, and its weight at a distance.
 *
 * @typedef {{support: number, weight: (distance: number) => number}} Filter
 */

/** @type {Filter} */
const LANCZOS = { support: 3, weight: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0) };
/** @type {Filter} */
const TRIANGLE = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/**
 * Resize 8-bit RGB by Lanczos' filter of three lobes (Pillow's `LANCZOS`).
 *
 * @param {Uint8Array} rgb (height, width, 3)
 * @param {number} width of rgb, in pixels, as are all sizes here
 * @param {number} height
 * @param {number} newWidth
 * @param {number} newHeight
 * @param {number} [boxWidth] how much of the width to use, from the left; may be a fraction
 * @param {number} [boxHeight] how much of the height to use, from the top
 * @returns {Uint8Array} (newHeight, newWidth, 3)
 */
export function resizeRgb(
  rgb, width, height, newWidth, newHeight, boxWidth = width, boxHeight = height,
) {
  const isWidthKept = newWidth === width && boxWidth === width;
  const isHeightKept = newHeight === height && boxHeight === height;
  const wide = isWidthKept
    ? rgb
    : resizedRows(rgb, width, height, weightsFor(width, boxWidth, newWidth, LANCZOS));
  return isHeightKept
    ? wide
    : resizedColumns(wide, newWidth, weightsFor(height, boxHeight, newHeight, LANCZOS));
}

/**
 * Resize a plane of floats linearly, with antialiasing (Pillow's `BILINEAR` in mode F).
 *
 * @param {Float32Array} plane (height, width)
 * @param {number} width of the plane
 * @param {number} height
 * @param {number} newWidth
 * @param {number} newHeight
 * @returns {Float32Array} (newHeight, newWidth)
 */
export function resizePlane(plane, width, height, newWidth, newHeight) {
  const across = weightsFor(width, width, newWidth, TRIANGLE);
  const down = weightsFor(height, height, newHeight, TRIANGLE);
  const wide = new Float32Array(newWidth * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      wide[y * newWidth + x] = weighed(plane, y * width, 1, across, x);
    }
  }
  const resized = new Float32Array(newWidth * newHeight);
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      resized[y * newWidth + x] = weighed(wide, x, newWidth, down, y);
    }
  }
  return resized;
}

/**
 * @param {number} length how many values there are
 * @param {number} box how many of them, from the first, to use; may be a fraction
 * @param {number} count how many samples to make
 * @param {Filter} filter
 * @returns {Weights}
 */
function weightsFor(length, box, count, filter) {
  const scale = Math.fround(box) / count;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const taps = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(count);
  const used = new Int32Array(count);
  const weights = new Float64Array(count * taps);
  for (let sample = 0; sample < count; sample += 1) {
    const center = (sample + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(length, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let tap = 0; tap < end - start; tap += 1) {
      const weight = filter.weight((start + tap - center + 0.5) / stretch);
      weights[sample * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < end - start; tap += 1) {
      weights[sample * taps + tap] /= sum;
    }
    first[sample] = start;
    used[sample] = end - start;
  }
  return { count, taps, first, used, weights };
}

/**
 * @param {Uint8Array} rgb (height, width, 3)
 * @param {number} width
 * @param {number} height
 * @param {Weights} across
 * @returns {Uint8Array} (height, across.count, 3)
 */
function resizedRows(rgb, width, height, across) {
  const { count, taps, first, used } = across;
  const fixed = fixedPoint(across.weights);
  const resized = new Uint8Array(height * count * CHANNELS);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < count; x += 1) {
      let red = 1 << (PRECISION - 1);
      let green = red;
      let blue = red;
      let from = (y * width + first[x]) * CHANNELS;
      for (let at = x * taps; at < x * taps + used[x]; at += 1) {
        red += rgb[from] * fixed[at];
        green += rgb[from + 1] * fixed[at];
        blue += rgb[from + 2] * fixed[at];
        from += CHANNELS;
      }
      resized[to] = clipped(red >> PRECISION);
      resized[to + 1] = clipped(green >> PRECISION);
      resized[to + 2] = clipped(blue >> PRECISION);
      to += CHANNELS;
    }
  }
  return resized;
}

/**
 * @param {Uint8Array} rgb (H, width, 3)
 * @param {number} width
 * @param {Weights} down
 * @returns {Uint8Array} (down.count, width, 3)
 */
function resizedColumns(rgb, width, down) {
  const { count, taps, first, used } = down;
  const fixed = fixedPoint(down.weights);
  const stride = width * CHANNELS;
  const resized = new Uint8Array(count * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < count; y += 1) {
    // Row after row, in the order in which they lie in memory.
    sums.fill(1 << (PRECISION - 1));
    for (let tap = 0; tap < used[y]; tap += 1) {
      const weight = fixed[y * taps + tap];
      const from = (first[y] + tap) * stride;
      for (let x = 0; x < stride; x += 1) {
        sums[x] += rgb[from + x] * weight;
      }
    }
    for (let x = 0; x < stride; x += 1) {
      resized[y * stride + x] = clipped(sums[x] >> PRECISION);
    }
  }
  return resized;
}

/**
 * @param {Float32Array} values
 * @param {number} origin where the row or column starts
 * @param {number} stride from one of its values to the next
 * @param {Weights} weights
 * @param {number} sample
 * @returns {number}
 */
function weighed(values, origin, stride, { taps, first, used, weights }, sample) {
  let sum = 0;
  for (let tap = 0; tap < used[sample]; tap += 1) {
    sum += values[origin + (first[sample] + tap) * stride] * weights[sample * taps + tap];
  }
  return sum;
}

/** @param {Float64Array} weights @returns {Int32Array} rounded, a half away from zero */
function fixedPoint(weights) {
  return Int32Array.from(weights, (weight) =>
    Math.trunc(weight * (1 << PRECISION) + (weight < 0 ? -0.5 : 0.5)),
  );
}

/** @param {number} value @returns {number} in [0, 255] */
function clipped(value) {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** @param {number} x @returns {number} sin(pi x) / (pi x) */
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
