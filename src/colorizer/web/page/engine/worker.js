/** The worker: keeps the open photographs and the network, and answers the page's calls. */

import { PlainError, plainMessage } from "./errors.js";
import { colorOf } from "./gamut.js";
import { abOf } from "./lab.js";
import { Network } from "./network.js";
import { Photograph } from "./photograph.js";
import { decodeWithinReach } from "./reach.js";
import { suggestColors } from "./suggestions.js";
import { proposeVariants } from "./variants.js";
import { viewSize } from "./view.js";

/** @typedef {import("./messages.js").ColorHint} ColorHint */
/** @typedef {import("./messages.js").Methods} Methods */
/** @typedef {import("./messages.js").Reply} Reply */
/** @typedef {import("./messages.js").Request} Request */
/** @typedef {import("./network.js").Card} Card */
/** @typedef {import("./variants.js").Encoded} Encoded */
/** @typedef {import("./view.js").Size} Size */

// Of suggested colours, whose own lightness does not matter: there, one sees best which they are.
const SHOWN_LIGHTNESS = 60;

/** @type {Map<string, Promise<Photograph>>} */
const photographs = new Map();
/** @type {Network | null} */
let network = null;
/** @type {Set<number>} calls that are no longer wanted */
const cancelled = new Set();
// A decoded photograph takes much memory: one at a time is opened, and one written.
const opening = queue();
const writing = queue();

/** @type {Omit<Methods, "result">} */
const methods = {
  async load({ network: { model, weights, card }, runtime, threads }) {
    const [module, graph, numbers, told] = await Promise.all([
      // Only pages that predict by themselves load it.
      import(runtime).catch(() => notLoaded(runtime)),
      fetched(model).then(bytesOf),
      fetched(weights).then(bytesOf),
      fetched(card).then((response) => response.json()),
    ]);
    network = await Network.load(module, graph, numbers, told, threads);
    const { saturation, takes_hints: takesHints, knows_colors: knowsColors } = network.card;
    return { saturation, takesHints, knowsColors };
  },

  async open(id, blob, { maxPixels }) {
    if (photographs.has(id)) {
      throw new Error(`a photograph with the id ${id} is open already`);
    }
    const opened = opening(() => Photograph.open(blob, maxPixels, seenAt));
    photographs.set(id, opened);
    try {
      return (await opened).size;
    } catch (error) {
      photographs.delete(id);
      throw error;
    }
  },

  before(id, longest) {
    return withPhotograph(id, (photograph) => photograph.before(longest));
  },

  predict(id, hints, side = null) {
    return withPhotograph(id, async (photograph) =>
      (await encoded(photograph, side)).decode(hints.map(placed)),
    );
  },

  suggest(id, place, side = null) {
    return withPhotograph(id, async (photograph) => {
      const seen = await encoded(photograph, side);
      const likely = await seen.likelyColors([place]);
      return suggestColors(likely, 0).map(({ ab }) => colorOf(ab, SHOWN_LIGHTNESS));
    });
  },

  variants(id, hints, side = null) {
    return withPhotograph(id, async (photograph) => {
      const seen = await encoded(photograph, side);
      const variants = await proposeVariants(seen, hints.map(placed));
      return variants.map((dots) =>
        dots.slice(hints.length).map(({ x, y, ab, reach }) => ({
          x, y, reach, color: colorOf(ab, SHOWN_LIGHTNESS),
        })),
      );
    });
  },

  render(id, chroma, strength, longest) {
    return withPhotograph(id, (photograph) => photograph.render(chroma, strength, longest));
  },

  async close(id) {
    const opened = photographs.get(id);
    photographs.delete(id);
    await opened?.then((photograph) => photograph.close(), () => {});
  },
};

/** @type {(call: number, ...args: Parameters<Methods["result"]>) => Promise<Blob>} */
function result(call, id, chroma, strength, output) {
  return withPhotograph(id, (photograph) =>
    writing(() =>
      photograph.result(chroma, strength, output, async (progress) => {
        reply({ call, progress });
        await pause();
        if (cancelled.has(call) || !photographs.has(id)) {
          throw new PlainError("This was cancelled.");
        }
      }),
    ),
  );
}

addEventListener("message", async ({ data }) => {
  const request = /** @type {Request} */ (data);
  if ("cancel" in request) {
    cancelled.add(request.cancel);
    return;
  }
  const { call, method, args } = request;
  const chosen = /** @type {(...args: any[]) => Promise<unknown>} */ (
    method === "result" ? result.bind(null, call) : methods[method]
  );
  try {
    const value = await chosen(...args);
    reply({ call, value }, value instanceof ImageBitmap ? [value] : []);
  } catch (error) {
    reply({ call, error: plainMessage(error) });
  } finally {
    cancelled.delete(call);
  }
});

/**
 * @param {Reply} message
 * @param {Transferable[]} [transferred]
 */
function reply(message, transferred = []) {
  postMessage(message, transferred);
}

/** @param {ColorHint} hint @returns {import("./network.js").PlacedHint} */
function placed({ x, y, color, reach }) {
  return { x, y, reach: reach ?? null, ab: abOf(color) };
}

/**
 * @param {Photograph} photograph
 * @param {number | null} side the shorter side in pixels of what the network sees; null for what it
 *   was trained for
 * @returns {Promise<Encoded>}
 */
async function encoded(photograph, side) {
  if (!network) {
    throw new PlainError("The network is not loaded yet: wait a moment, then try again.");
  }
  const predicting = network;
  const { side: usual, size_multiple: multiple } = network.card;
  const { width, height } = viewSize(photograph.size, side ?? usual, multiple);
  const lightness = await photograph.view({ width, height });
  return {
    decode: (hints) =>
      decodeWithinReach((some) => predicting.predict(lightness, width, height, some), hints),
    likelyColors: (places) => predicting.likelyColors(lightness, width, height, places),
  };
}

/**
 * Do something with an open photograph, which may be closed meanwhile.
 *
 * @template T
 * @param {string} id
 * @param {(photograph: Photograph) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
async function withPhotograph(id, work) {
  const opened = photographs.get(id);
  const isOpen = () => opened && photographs.get(id) === opened;
  try {
    if (opened) {
      const value = await work(await opened);
      if (isOpen()) {
        return value;
      }
    }
  } catch (error) {
    if (isOpen()) {
      throw error;
    }
  }
  throw new PlainError("This photograph is no longer open.");
}

/** @param {Size} size @returns {Size | null} at which the network, once it is there, sees one */
function seenAt(size) {
  return network && viewSize(size, network.card.side, network.card.size_multiple);
}

/**
 * @param {string} url
 * @returns {Promise<Response>}
 */
async function fetched(url) {
  const response = await fetch(url).catch(() => null);
  return response?.ok ? response : notLoaded(url);
}

/** @param {Response} response @returns {Promise<Uint8Array>} */
async function bytesOf(response) {
  return new Uint8Array(await response.arrayBuffer());
}

/** @param {string} url @returns {never} */
function notLoaded(url) {
  throw new PlainError(`${url} could not be loaded: check the connection, then reload the page.`);
}

/**
 * A queue of tasks that wait for one another.
 *
 * @returns {<T>(task: () => Promise<T>) => Promise<T>}
 */
function queue() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    last = done.catch(() => {});
    return done;
  };
}

/** Let waiting messages in; a timer would take four milliseconds. @returns {Promise<void>} */
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
