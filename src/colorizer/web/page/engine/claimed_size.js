/** How large a photograph is, as its file says: no memory is needed to find out. */

/** @typedef {import("./view.js").Size} Size */

// Enough for every header below.
const HEAD_BYTES = 32;
// JPEG markers (ITU-T T.81, table B.1): start of frame is C0 to CF without DHT, JPG and DAC.
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const SCAN = 0xda;
const FILL = 0xff;
// More than any file has before its frame: a file made of empty segments ends here.
const MOST_SEGMENTS = 1000;

/** @type {[RegExp, (head: DataView) => Size][]} by a file's first bytes as Latin-1 */
const HEADERS = [
  [/^\x89PNG\r\n\x1a\n[^]{4}IHDR/, (head) => sizeOf(head.getUint32(16), head.getUint32(20))],
  [/^GIF8[79]a/, (head) => sizeOf(head.getUint16(6, true), head.getUint16(8, true))],
  // The old header has 16 bits a side; in the others, a negative height means from the top down.
  [/^BM[^]{12}\x0c\0\0\0/, (head) => sizeOf(head.getUint16(18, true), head.getUint16(20, true))],
  [/^BM/, (head) => sizeOf(head.getInt32(18, true), head.getInt32(22, true))],
  // RFC 9649: a canvas in 24 bits a side less one; lossless in 14 less one; lossy in 14.
  [/^RIFF[^]{4}WEBPVP8X/, (head) => sizeOf(1 + uint24(head, 24), 1 + uint24(head, 27))],
  [/^RIFF[^]{4}WEBPVP8L[^]{4}\x2f/, (head) => {
    const bits = head.getUint32(21, true);
    return sizeOf(1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff));
  }],
  [/^RIFF[^]{4}WEBPVP8 [^]{7}\x9d\x01\x2a/, (head) =>
    sizeOf(head.getUint16(26, true) & 0x3fff, head.getUint16(28, true) & 0x3fff)],
];

/**
 * Return how many pixels a file says that its photograph has, before it is turned upright.
 *
 * @param {Blob} file
 * @returns {Promise<Size | null>} null where the file does not say: AVIF, broken files, and all
 *   that is no photograph
 */
export async function claimedSize(file) {
  const head = await bytesAt(file, 0, HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES) {
    return null;
  }
  if (head.getUint16(0) === 0xffd8) {
    return frameSize(file);
  }
  const text = String.fromCharCode(...new Uint8Array(head.buffer));
  const [, read] = HEADERS.find(([signature]) => signature.test(text)) ?? [];
  return read ? read(head) : null;
}

/**
 * @param {Blob} file a JPEG
 * @returns {Promise<Size | null>}
 */
async function frameSize(file) {
  let at = 2;
  for (let segment = 0; segment < MOST_SEGMENTS; segment += 1) {
    // Marker, length, precision, height and width.
    const head = await bytesAt(file, at, 9);
    if (head.byteLength < 9 || head.getUint8(0) !== 0xff) {
      return null;
    }
    const marker = head.getUint8(1);
    if (FRAMES.includes(marker)) {
      return sizeOf(head.getUint16(7), head.getUint16(5));
    }
    if (marker === SCAN) {
      return null;
    }
    at += marker === FILL ? 1 : 2 + head.getUint16(2);
  }
  return null;
}

/**
 * @param {Blob} file
 * @param {number} start
 * @param {number} count
 * @returns {Promise<DataView>} of fewer bytes at the file's end
 */
async function bytesAt(file, start, count) {
  return new DataView(await file.slice(start, start + count).arrayBuffer());
}

/** @param {DataView} view @param {number} at @returns {number} little-endian */
function uint24(view, at) {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** @param {number} width @param {number} height @returns {Size} */
function sizeOf(width, height) {
  return { width: Math.abs(width), height: Math.abs(height) };
}
