/** A trained network, run by ONNX Runtime's WebAssembly build. */

/** @typedef {import("./full_size.js").Chroma} Chroma */
/** @typedef {typeof import("onnxruntime-web/wasm")} Runtime */
/** @typedef {import("onnxruntime-web/wasm").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-web/wasm").Tensor} Tensor */

/**
 * What the page knows of the network: colorizer.web.network_card writes it.
 *
 * @typedef {object} Card
 * @property {number} side the shorter side in pixels of what it sees
 * @property {number} size_multiple both sides are multiples of this
 * @property {number} saturation factor for its own part, at least 0, unless the visitor chooses
 * @property {boolean} mirror whether to average with the prediction for the mirror image
 * @property {boolean} takes_hints whether it follows colour hints
 * @property {boolean} knows_colors whether it says how likely colours are
 * @property {string[]} inputs names of its input tensors
 * @property {string[]} outputs names of its output tensors: its own part; what hints add; classes
 *   of colours, and how likely they are
 * @property {string} weights the file name by which its graph refers to its weights
 */

/**
 * A place in a photograph, and its colour there.
 *
 * @typedef {object} PlacedHint
 * @property {number} x share of the width from the left, in [0, 1]
 * @property {number} y share of the height from the top, in [0, 1]
 * @property {[number, number]} ab CIELAB units
 * @property {number | null} reach how far it counts, as a share of the shorter side; null where the
 *   network decides: `decodeWithinReach` heeds it
 */

/**
 * @typedef {object} Place
 * @property {number} x share of the width from the left, in [0, 1]
 * @property {number} y share of the height from the top, in [0, 1]
 */

/**
 * How likely each colour is, place by place.
 *
 * @typedef {object} LikelyColors
 * @property {Float32Array} ab (classes, 2), CIELAB units
 * @property {Float32Array} shares (places, classes), which add up to 1 for each place
 */

/** @typedef {Record<string, Float32Array>} Outputs by name */

/** Predicts chroma from lightness. */
export class Network {
  #runtime;
  #session;
  #last = Promise.resolve();

  /**
   * @param {Runtime} runtime
   * @param {InferenceSession} session
   * @param {Card} card
   */
  constructor(runtime, session, card) {
    this.#runtime = runtime;
    this.#session = session;
    this.card = card;
  }

  /**
   * Load a network whose graph and weights are in files of their own.
   *
   * @param {Runtime} runtime the module of ONNX Runtime
   * @param {Uint8Array} model the graph, an ONNX file
   * @param {Uint8Array} weights a safetensors file, to which the graph refers
   * @param {Card} card
   * @param {number} threads how many share each operator, at least 1; more than one needs a page
   *   that is isolated from other origins
   * @returns {Promise<Network>}
   */
  static async load(runtime, model, weights, card, threads) {
    runtime.env.wasm.numThreads = threads;
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      externalData: [{ path: card.weights, data: weights }],
      logSeverityLevel: 4,
    });
    return new Network(runtime, session, card);
  }

  /**
   * Predict chroma; predictions wait for one another.
   *
   * @param {Float32Array} lightness (height, width), L in [0, 100]
   * @param {number} width in pixels, a multiple of the card's `size_multiple`
   * @param {number} height likewise
   * @param {PlacedHint[]} hints none if the network takes none
   * @returns {Promise<Chroma>} of the same width and height
   */
  async predict(lightness, width, height, hints) {
    const found = await this.#average({ lightness, width, height }, hints, []);
    const [own, given] = this.card.outputs.map((name) => found[name]);
    return { width, height, own, given: given ?? new Float32Array(own.length) };
  }

  /**
   * Say how likely colours are; as {@link predict}, it waits for others.
   *
   * @param {Float32Array} lightness
   * @param {number} width
   * @param {number} height
   * @param {Place[]} places
   * @returns {Promise<LikelyColors>}
   */
  async likelyColors(lightness, width, height, places) {
    const found = await this.#average({ lightness, width, height }, [], places);
    const [, , ab, shares] = this.card.outputs.map((name) => found[name]);
    return { ab, shares };
  }

  /**
   * @param {View} view
   * @param {PlacedHint[]} hints
   * @param {Place[]} places
   * @returns {Promise<Outputs>} averaged with those for the mirror image, if need be
   */
  #average(view, hints, places) {
    const averaged = this.#last.then(async () => {
      const one = await this.#run(view, hints, places);
      if (!this.card.mirror) {
        return one;
      }
      const { lightness, width } = view;
      const turned = { ...view, lightness: mirrored(lightness, width) };
      const other = await this.#run(turned, hints.map(turnedRound), places.map(turnedRound));
      const pictures = this.card.outputs.slice(0, 2);
      return Object.fromEntries(
        Object.entries(one).map(([name, values]) => {
          const isPicture = pictures.includes(name);
          return [name, mean(values, isPicture ? mirrored(other[name], width) : other[name])];
        }),
      );
    });
    this.#last = averaged.then(nothing, nothing);
    return averaged;
  }

  /**
   * @param {View} view
   * @param {PlacedHint[]} hints
   * @param {Place[]} places
   * @returns {Promise<Outputs>}
   */
  async #run({ lightness, width, height }, hints, places) {
    const { Tensor } = this.#runtime;
    const told = Float32Array.from(hints.flatMap(({ x, y, ab }) => [x, y, ...ab]));
    const asked = Float32Array.from(places.flatMap(({ x, y }) => [x, y]));
    const tensors = [
      new Tensor("float32", lightness, [1, 1, height, width]),
      new Tensor("float32", told, [1, hints.length, 4]),
      new Tensor("float32", asked, [1, places.length, 2]),
    ];
    const { inputs, outputs } = this.card;
    const results = await this.#session.run(
      Object.fromEntries(inputs.map((name, at) => [name, tensors[at]])),
      outputs,
    );
    return Object.fromEntries(
      outputs.map((name) => [name, /** @type {Float32Array} */ (results[name].data)]),
    );
  }
}

/**
 * What the network sees of a photograph.
 *
 * @typedef {object} View
 * @property {Float32Array} lightness (height, width), L in [0, 100]
 * @property {number} width
 * @property {number} height
 */

/**
 * @template {Place} P
 * @param {P} place
 * @returns {P} in the mirror image
 */
function turnedRound(place) {
  return { ...place, x: 1 - place.x };
}

/**
 * @param {Float32Array} planes (..., width)
 * @param {number} width
 * @returns {Float32Array} each row turned round
 */
function mirrored(planes, width) {
  const turned = planes.slice();
  for (let start = 0; start < turned.length; start += width) {
    turned.subarray(start, start + width).reverse();
  }
  return turned;
}

/**
 * @param {Float32Array} one
 * @param {Float32Array} other
 * @returns {Float32Array}
 */
function mean(one, other) {
  return one.map((value, at) => Math.fround(value + other[at]) / 2);
}

function nothing() {}
