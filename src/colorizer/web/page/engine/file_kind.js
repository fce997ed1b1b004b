/** What a file is that the browser cannot read, by its first bytes. */

// Enough for every signature below.
const HEAD_BYTES = 16;
const READABLE = "JPEG, PNG, WebP, AVIF, GIF and BMP";
const INSTALLED = "the installed edition (pip install photo-colorizer)";
const INSTALLED_FOR_HEIC = "the installed edition (pip install photo-colorizer[heic])";

// Of files' first bytes as Latin-1.
/** @type {[RegExp, string, string?][]} signature, name, and what reads it instead */
const SIGNATURES = [
  [/^\xff\xd8\xff/, "JPEG"],
  [/^\x89PNG/, "PNG"],
  [/^GIF8/, "GIF"],
  [/^BM/, "BMP"],
  [/^RIFF[^]{4}WEBP/, "WebP"],
  [/^[^]{4}ftypavi[fs]/, "AVIF"],
  [/^[^]{4}ftyp(hei[cx]|hevc|mif1|msf1)/, "HEIC", INSTALLED_FOR_HEIC],
  [/^(II[*+]\0|MM\0[*+])/, "TIFF", INSTALLED],
  [/^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/, "JPEG 2000", INSTALLED],
];

/**
 * Say why the browser could not decode a file.
 *
 * @param {Blob} file
 * @returns {Promise<string>} a sentence or two for the visitor
 */
export async function whyUnreadable(file) {
  if (file.size === 0) {
    return "This file is empty.";
  }
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const head = String.fromCharCode(...bytes);
  const [, name, reader] = SIGNATURES.find(([signature]) => signature.test(head)) ?? [];
  if (reader) {
    return (
      `This is a ${name} file, which ${reader} can read. This browser cannot: it reads ` +
      `${READABLE}.`
    );
  }
  if (name) {
    return `This ${name} file is broken, or too large for the browser's memory.`;
  }
  return `This file is not a photograph that browsers can read: they read ${READABLE}.`;
}
