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
 * @property {string[]} inputs names of its input tensors
 * @property {string[]} outputs names of its output tensors: its own part, then what hints add
 * @property {string} weights the file name by which its graph refers to its weights
 */

/**
 * A place in a photograph, and its colour there.
 *
 * @typedef {object} PlacedHint
 * @property {number} x share of the width from the left, in [0, 1]
 * @property {number} y share of the height from the top, in [0, 1]
 * @property {[number, number]} ab CIELAB units
 */

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
  predict(lightness, width, height, hints) {
    const predicted = this.#last.then(() => this.#average(lightness, width, height, hints));
    this.#last = predicted.then(nothing, nothing);
    return predicted;
  }

  /**
   * @param {Float32Array} lightness
   * @param {number} width
   * @param {number} height
   * @param {PlacedHint[]} hints
   * @returns {Promise<Chroma>}
   */
  async #average(lightness, width, height, hints) {
    const one = await this.#run(lightness, width, height, hints);
    if (!this.card.mirror) {
      return one;
    }
    const turned = hints.map(({ x, y, ab }) => ({ x: 1 - x, y, ab }));
    const other = await this.#run(mirrored(lightness, width), width, height, turned);
    return {
      width,
      height,
      own: averaged(one.own, mirrored(other.own, width)),
      given: averaged(one.given, mirrored(other.given, width)),
    };
  }

  /**
   * @param {Float32Array} lightness
   * @param {number} width
   * @param {number} height
   * @param {PlacedHint[]} hints
   * @returns {Promise<Chroma>}
   */
  async #run(lightness, width, height, hints) {
    const { Tensor } = this.#runtime;
    const rows = Float32Array.from(hints.flatMap(({ x, y, ab }) => [x, y, ...ab]));
    const tensors = [
      new Tensor("float32", lightness, [1, 1, height, width]),
      new Tensor("float32", rows, [1, hints.length, 4]),
    ];
    const { inputs, outputs } = this.card;
    const results = await this.#session.run(
      Object.fromEntries(inputs.map((name, at) => [name, tensors[at]])),
      outputs,
    );
    const [own, given] = outputs.map((name) => /** @type {Float32Array} */ (results[name].data));
    return { width, height, own, given: given ?? new Float32Array(own.length) };
  }
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
function averaged(one, other) {
  return one.map((value, at) => Math.fround(value + other[at]) / 2);
}

function nothing() {}
