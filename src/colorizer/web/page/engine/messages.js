/**
 * What page and worker say to each other.
 *
 * @typedef {import("./full_size.js").Chroma} Chroma
 * @typedef {import("./photograph.js").Output} Output
 * @typedef {import("./view.js").Size} Size
 */

/**
 * Where the network is, and what runs it.
 *
 * @typedef {object} LoadOptions
 * @property {{model: string, weights: string, card: string}} network URLs of its graph (ONNX), its
 *   weights (safetensors) and its card (JSON)
 * @property {string} runtime URL of ONNX Runtime's module, with its .wasm beside it
 * @property {number} threads at least 1; more need a page that is isolated from other origins
 */

/**
 * A place in a photograph.
 *
 * @typedef {object} Place
 * @property {number} x share of the upright photograph's width from the left, in [0, 1]
 * @property {number} y share of its height from the top, in [0, 1]
 */

/**
 * A place in a photograph, its colour there, and how far it counts: a share of the shorter side, or
 * null where the network decides.
 *
 * @typedef {Place & {color: string, reach: number | null}} ColorHint `color` is `#rrggbb`
 */

/**
 * What the page may know of the network.
 *
 * @typedef {object} Loaded
 * @property {number} saturation the strength to start with
 * @property {boolean} takesHints whether it follows hints
 * @property {boolean} knowsColors whether it says how likely colours are
 */

/**
 * What the worker can be asked for, each with its arguments and answer.
 *
 * @typedef {object} Methods
 * @property {(options: LoadOptions) => Promise<Loaded>} load
 * @property {(id: string, blob: Blob, limits: {maxPixels: number}) => Promise<Size>} open
 * @property {(id: string, longest: number) => Promise<ImageBitmap>} before
 * @property {(id: string, hints: ColorHint[], side?: number | null) => Promise<Chroma>} predict
 * @property {(id: string, place: Place, side?: number | null) => Promise<string[]>} suggest
 * @property {(id: string, hints: ColorHint[], side?: number | null) =>
 *   Promise<ColorHint[][]>} variants
 * @property {(id: string, chroma: Chroma, strength: number, longest: number) =>
 *   Promise<ImageBitmap>} render
 * @property {(id: string, chroma: Chroma, strength: number, output: Output) => Promise<Blob>}
 *   result
 * @property {(id: string) => Promise<void>} close
 */

/**
 * A call, or the wish to cancel one.
 *
 * @typedef {{call: number, method: keyof Methods, args: unknown[]} | {cancel: number}} Request
 */

/**
 * How far a call is, from 0 to 1; or its end.
 *
 * @typedef {{call: number, progress: number} | {call: number, value: unknown}
 *   | {call: number, error: string}} Reply
 */

export {};
