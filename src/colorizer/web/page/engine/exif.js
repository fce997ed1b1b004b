/**
 * What a JPEG file says about its photograph, carried over to the one that is written.
 *
 * CIPA DC-008 (Exif 2.32): a TIFF of tags in the APP1 segment, which is changed in place, so that
 * its offsets, even those in makers' notes, still hold.
 */

/** @typedef {import("./view.js").Size} Size */

// JPEG markers (ITU-T T.81, table B.1).
const START = 0xffd8;
const APP1 = 0xffe1;
const SCAN = 0xffda;
const SIGNATURE = "Exif\0\0";
// A marker, the segment's length, the signature: then comes the TIFF.
const TIFF_START = 10;
// APP1 is near the start, and 64 KB at most.
const SEARCHED_BYTES = 1 << 18;

const ORIENTATION = 0x0112;
const UPRIGHT = 1;
const DETAILS = 0x8769;
const WIDTH = 0xa002;
const HEIGHT = 0xa003;
// Types of tags.
const SHORT = 3;
const LONG = 4;
const ENTRY_BYTES = 12;

/**
 * Return a JPEG file with the EXIF of another.
 *
 * It says that the photograph is upright and has this size; the thumbnail, which is still grey, is
 * no longer linked.
 *
 * @param {Blob} written a JPEG file without EXIF
 * @param {Blob} source a file of any kind
 * @param {Size} size of the written photograph
 * @returns {Promise<Blob>} `written` itself if `source` has no EXIF, or its EXIF is broken
 */
export async function withExifOf(written, source, size) {
  const head = new Uint8Array(await source.slice(0, SEARCHED_BYTES).arrayBuffer());
  const segment = exifSegment(head);
  if (!segment || !updated(segment, size)) {
    return written;
  }
  return new Blob([written.slice(0, 2), segment, written.slice(2)], { type: written.type });
}

/**
 * Find the APP1 segment that holds EXIF.
 *
 * @param {Uint8Array} head a JPEG file's first bytes
 * @returns {Uint8Array<ArrayBuffer> | null} a copy, from its marker on; null if there is none
 */
export function exifSegment(head) {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (head.length < 2 || view.getUint16(0) !== START) {
    return null;
  }
  for (let at = 2; at + TIFF_START <= head.length; ) {
    const marker = view.getUint16(at);
    const end = at + 2 + view.getUint16(at + 2);
    if (marker < 0xff00 || marker === SCAN || end > head.length) {
      return null;
    }
    if (marker === APP1) {
      const segment = new Uint8Array(head.slice(at, end));
      if (String.fromCharCode(...segment.subarray(4, TIFF_START)) === SIGNATURE) {
        return segment;
      }
    }
    at = end;
  }
  return null;
}

/**
 * Make EXIF true of the written photograph, in place.
 *
 * @param {Uint8Array} segment as {@link exifSegment} returns it
 * @param {Size} size
 * @returns {boolean} whether the EXIF could be read
 */
export function updated(segment, size) {
  const tiff = new DataView(segment.buffer, segment.byteOffset + TIFF_START);
  try {
    const isLittle = tiff.getUint16(0) === 0x4949;
    const first = tiff.getUint32(4, isLittle);
    const changes = new Map([
      [ORIENTATION, UPRIGHT],
      [WIDTH, size.width],
      [HEIGHT, size.height],
    ]);
    const { end, details } = change(tiff, first, isLittle, changes);
    tiff.setUint32(end, 0, isLittle);
    if (details) {
      change(tiff, details, isLittle, changes);
    }
    return true;
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}

/**
 * Change tags of a directory that has them.
 *
 * @param {DataView} tiff
 * @param {number} start where the directory starts
 * @param {boolean} isLittle whether its numbers are little-endian
 * @param {Map<number, number>} changes new values by tag
 * @returns {{end: number, details: number}} where its entries end, at the link to the next
 *   directory, and where that of EXIF's own tags starts; 0 if there is none
 */
function change(tiff, start, isLittle, changes) {
  const end = start + 2 + ENTRY_BYTES * tiff.getUint16(start, isLittle);
  let details = 0;
  for (let entry = start + 2; entry < end; entry += ENTRY_BYTES) {
    const tag = tiff.getUint16(entry, isLittle);
    const type = tiff.getUint16(entry + 2, isLittle);
    const value = changes.get(tag);
    if (tag === DETAILS) {
      details = tiff.getUint32(entry + 8, isLittle);
    } else if (value !== undefined && type === SHORT) {
      tiff.setUint16(entry + 8, value, isLittle);
    } else if (value !== undefined && type === LONG) {
      tiff.setUint32(entry + 8, value, isLittle);
    }
  }
  return { end, details };
}
