/** Chroma whose edges follow those of the lightness. */

// In pixels of the network's input: how far colours run over, as U-Net paints one pixel in four.
const RADIUS = 4;
// In L squared: what varies less is grain or cloth rather than an edge.
const LEAST_VARIANCE = 16;

/**
 * Fit chroma to lightness, place by place: ab = slope * L + offset.
 *
 * The guided filter (He, Sun and Tang 2013, "Guided Image Filtering", equations 5, 6 and 8). Slope
 * and offset are smooth, so they can be enlarged where chroma cannot: with the lightness of the
 * large photograph, colours end where objects do (He and Sun 2015, "Fast Guided Filter").
 *
 * @param {Float32Array} ab (2, height, width), CIELAB units
 * @param {Float32Array} lightness (height, width), L in [0, 100]
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @returns {Float32Array} (height, width, 4): the slopes of a and b, in ab per L, and their
 *   offsets, in CIELAB units
 */
export function fitGuide(ab, lightness, width, height) {
  const count = width * height;
  const meanLightness = mean(lightness, width, height);
  const variance = mean(product(lightness, lightness), width, height);
  for (let at = 0; at < count; at += 1) {
    variance[at] -= meanLightness[at] * meanLightness[at];
  }
  const guide = new Float32Array(count * 4);
  for (let channel = 0; channel < 2; channel += 1) {
    const plane = ab.subarray(channel * count, (channel + 1) * count);
    const meanChroma = mean(plane, width, height);
    const slope = mean(product(lightness, plane), width, height);
    const offset = new Float64Array(count);
    for (let at = 0; at < count; at += 1) {
      const covariance = slope[at] - meanLightness[at] * meanChroma[at];
      slope[at] = covariance / (variance[at] + LEAST_VARIANCE);
      offset[at] = meanChroma[at] - slope[at] * meanLightness[at];
    }
    const smoothSlope = mean(slope, width, height);
    const smoothOffset = mean(offset, width, height);
    for (let at = 0; at < count; at += 1) {
      guide[at * 4 + channel] = smoothSlope[at];
      guide[at * 4 + 2 + channel] = smoothOffset[at];
    }
  }
  return guide;
}

/**
 * @param {Float32Array} one (count)
 * @param {Float32Array} other (count)
 * @returns {Float32Array} (count)
 */
function product(one, other) {
  return one.map((value, at) => value * other[at]);
}

/**
 * The mean of the square window around each pixel, within the picture.
 *
 * @param {Float32Array | Float64Array} image (height, width)
 * @param {number} width
 * @param {number} height
 * @returns {Float64Array} (height, width)
 */
function mean(image, width, height) {
  const down = new Float64Array(image.length);
  for (let x = 0; x < width; x += 1) {
    runningMean(image, x, width, height, down);
  }
  const means = new Float64Array(image.length);
  for (let y = 0; y < height; y += 1) {
    runningMean(down, y * width, 1, width, means);
  }
  return means;
}

/**
 * The means of a row's or column's values within the radius.
 *
 * @param {Float32Array | Float64Array} values
 * @param {number} origin where the row or column starts
 * @param {number} stride from one of its values to the next
 * @param {number} length how many values it has
 * @param {Float64Array} means where they go, at the same places
 */
function runningMean(values, origin, stride, length, means) {
  const sums = new Float64Array(length + 1);
  for (let at = 0; at < length; at += 1) {
    sums[at + 1] = sums[at] + values[origin + at * stride];
  }
  for (let at = 0; at < length; at += 1) {
    const start = Math.max(0, at - RADIUS);
    const end = Math.min(length, at + RADIUS + 1);
    means[origin + at * stride] = (sums[end] - sums[start]) / (end - start);
  }
}
