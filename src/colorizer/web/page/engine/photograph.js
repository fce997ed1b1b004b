/** An open photograph: what is kept of it, and what is made of it. */

import { bitmapPixels, canvasPixels, newCanvas, shrunkOnCanvas } from "./canvas.js";
import { claimedSize } from "./claimed_size.js";
import { PlainError } from "./errors.js";
import { withExifOf } from "./exif.js";
import { whyUnreadable } from "./file_kind.js";
import { Painter } from "./full_size.js";
import { readView } from "./view.js";

/** @typedef {import("./full_size.js").Chroma} Chroma */
/** @typedef {import("./reduce.js").Pixels} Pixels */
/** @typedef {import("./view.js").Size} Size */

/**
 * How to write a photograph.
 *
 * @typedef {object} Output
 * @property {"image/jpeg" | "image/png" | "image/webp"} type
 * @property {number} [quality] 0 to 1, for JPEG and WebP
 * @property {boolean} [sideBySide] whether the original is put to the left
 */

// The longer side of the preview, in pixels: more than most windows show.
const PREVIEW = 2048;
// What is painted at once, in pixels: between strips, a visitor may cancel.
const STRIP_PIXELS = 1 << 18;

/** A photograph that a visitor has opened; close it. */
export class Photograph {
  #blob;
  #preview;
  /** @type {Map<string, Float32Array>} L by size */
  #views = new Map();
  /** @type {{longest: number, pixels: ImageData} | null} what was rendered last, before colour */
  #shown = null;

  /**
   * @param {Blob} blob
   * @param {Size} size
   * @param {ImageBitmap} preview
   */
  constructor(blob, size, preview) {
    this.#blob = blob;
    this.size = size;
    this.#preview = preview;
  }

  /**
   * Decode a photograph, upright and in sRGB.
   *
   * @param {Blob} blob its file
   * @param {number} maxPixels the most that it may have
   * @param {(size: Size) => Size | null} seenAt the size at which the network sees it, if it is
   *   known: then the photograph need not be decoded again for a prediction
   * @returns {Promise<Photograph>}
   */
  static async open(blob, maxPixels, seenAt) {
    // Before it is decoded, which may take more memory than there is.
    requireAtMost(maxPixels, await claimedSize(blob));
    const bitmap = await decoded(blob);
    const size = { width: bitmap.width, height: bitmap.height };
    try {
      requireAtMost(maxPixels, size);
    } catch (error) {
      bitmap.close();
      throw error;
    }
    const preview = shrunkOnCanvas(bitmap, PREVIEW).canvas.transferToImageBitmap();
    const photograph = new Photograph(blob, size, preview);
    const seen = seenAt(size);
    if (seen) {
      photograph.#remember(bitmapPixels(bitmap), seen);
    }
    bitmap.close();
    return photograph;
  }

  /** Give back its memory. */
  close() {
    this.#preview.close();
    this.#views.clear();
    this.#shown = null;
  }

  /**
   * Return the photograph in its own colours.
   *
   * @param {number} longest the longer side in pixels, at most that of the preview
   * @returns {ImageBitmap}
   */
  before(longest) {
    return shrunkOnCanvas(this.#preview, longest).canvas.transferToImageBitmap();
  }

  /**
   * Return the photograph's L as the network sees it.
   *
   * @param {Size} size
   * @returns {Promise<Float32Array>} (size.height, size.width), in [0, 100]
   */
  async view(size) {
    const known = this.#views.get(keyOf(size));
    if (known) {
      return known;
    }
    const bitmap = await decoded(this.#blob);
    this.#remember(bitmapPixels(bitmap), size);
    bitmap.close();
    return this.view(size);
  }

  /**
   * Return a preview in colour.
   *
   * @param {Chroma} chroma
   * @param {number} strength factor for the network's own part, at least 0
   * @param {number} longest the longer side in pixels, at most that of the preview
   * @returns {Promise<ImageBitmap>}
   */
  render(chroma, strength, longest) {
    if (this.#shown?.longest !== longest) {
      const context = shrunkOnCanvas(this.#preview, longest);
      const { width, height } = context.canvas;
      this.#shown = { longest, pixels: context.getImageData(0, 0, width, height) };
    }
    const { pixels } = this.#shown;
    const { width, height, data } = pixels;
    const rows = (/** @type {number} */ top, /** @type {number} */ bottom) =>
      data.subarray(4 * width * top, 4 * width * bottom);
    const painter = this.#painter(chroma, strength, { width, height, rows });
    const painted = new ImageData(width, height);
    painter.paint(data, 0, painted.data);
    return createImageBitmap(painted);
  }

  /**
   * Return the photograph in colour, at its own size.
   *
   * @param {Chroma} chroma
   * @param {number} strength as in {@link render}
   * @param {Output} output
   * @param {(share: number) => Promise<void>} onStrip is told how much is done, from 0 to 1, and
   *   waited for; throws to cancel
   * @returns {Promise<Blob>} from JPEG to JPEG, with EXIF
   */
  async result(chroma, strength, { type, quality, sideBySide = false }, onStrip) {
    const { width, height } = this.size;
    const written = { width: sideBySide ? 2 * width : width, height };
    const bitmap = await decoded(this.#blob);
    const context = newCanvas(written.width, height);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const pixels = canvasPixels(context, this.size);
    const painter = this.#painter(chroma, strength, pixels);
    const rows = Math.max(1, Math.floor(STRIP_PIXELS / width));
    for (let top = 0; top < height; top += rows) {
      await onStrip(top / height);
      const bottom = Math.min(height, top + rows);
      const strip = context.getImageData(0, top, width, bottom - top);
      painter.paint(strip.data, top, strip.data);
      context.putImageData(strip, written.width - width, top);
    }
    await onStrip(1);
    if (type === "image/jpeg") {
      // It has no transparency, and browsers would write black.
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = "white";
      context.fillRect(0, 0, written.width, height);
    }
    const blob = await encoded(context.canvas, type, quality);
    return type === "image/jpeg" ? withExifOf(blob, this.#blob, written) : blob;
  }

  /**
   * @param {Chroma} chroma
   * @param {number} strength
   * @param {Pixels} pixels
   * @returns {Painter}
   */
  #painter(chroma, strength, pixels) {
    return new Painter(chroma, strength, pixels, (size) =>
      this.#views.get(keyOf(size)) ?? readView(pixels, size),
    );
  }

  /**
   * @param {Pixels} pixels
   * @param {Size} size
   */
  #remember(pixels, size) {
    this.#views.set(keyOf(size), readView(pixels, size));
  }
}

/**
 * @param {Blob} blob
 * @returns {Promise<ImageBitmap>} upright, in sRGB
 */
async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new PlainError(await whyUnreadable(blob));
  }
}

/**
 * @param {OffscreenCanvas} canvas
 * @param {string} type
 * @param {number} [quality]
 * @returns {Promise<Blob>}
 */
async function encoded(canvas, type, quality) {
  const blob = await canvas.convertToBlob({ type, quality }).catch(() => null);
  if (blob?.type !== type) {
    throw new PlainError(
      `This browser cannot write ${canvas.width} × ${canvas.height} pixels as ` +
        `${type.replace("image/", "").toUpperCase()}; choose another format.`,
    );
  }
  return blob;
}

/** @param {Size} size @returns {string} */
function keyOf({ width, height }) {
  return `${width}x${height}`;
}

/** @param {number} maxPixels @param {Size | null} size null if it is not known */
function requireAtMost(maxPixels, size) {
  const pixels = size ? size.width * size.height : 0;
  if (pixels > maxPixels) {
    throw new PlainError(
      `This photograph has ${megapixels(pixels)} megapixels; at most ${megapixels(maxPixels)} can ` +
        "be opened here.",
    );
  }
}

/** @param {number} pixels @returns {string} in 10^6, with a digit where it tells something */
function megapixels(pixels) {
  return String(Number((pixels / 1e6).toFixed(1)));
}
