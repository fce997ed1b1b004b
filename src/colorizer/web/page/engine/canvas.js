/** Pixels of decoded photographs, by way of canvases that no page shows. */

import { PlainError } from "./errors.js";

/** @typedef {import("./reduce.js").Pixels} Pixels */
/** @typedef {import("./view.js").Size} Size */

/**
 * A canvas whose pixels are read by the program, all transparent.
 *
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @returns {OffscreenCanvasRenderingContext2D}
 */
export function newCanvas(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new PlainError(`${width} × ${height} pixels are too many for this browser.`);
  }
  context.imageSmoothingQuality = "high";
  return context;
}

/**
 * The rows of a photograph that is drawn on a canvas.
 *
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Size} size of the photograph, which is in the upper left corner
 * @returns {Pixels}
 */
export function canvasPixels(context, { width, height }) {
  return {
    width,
    height,
    rows: (top, bottom) => context.getImageData(0, top, width, bottom - top).data,
  };
}

/**
 * The rows of a decoded photograph, without a second copy of the whole.
 *
 * @param {ImageBitmap} bitmap
 * @returns {Pixels}
 */
export function bitmapPixels(bitmap) {
  const { width, height } = bitmap;
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  let context = null;
  return {
    width,
    height,
    rows: (top, bottom) => {
      if (!context || context.canvas.height < bottom - top) {
        context = newCanvas(width, bottom - top);
      }
      context.clearRect(0, 0, width, bottom - top);
      context.drawImage(bitmap, 0, -top);
      return context.getImageData(0, 0, width, bottom - top).data;
    },
  };
}

/**
 * Shrink a decoded photograph.
 *
 * @param {ImageBitmap} bitmap
 * @param {number} longest the longer side in pixels; it is never enlarged
 * @returns {OffscreenCanvasRenderingContext2D} on a canvas of its new size
 */
export function shrunkOnCanvas(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = newCanvas(width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context;
}
