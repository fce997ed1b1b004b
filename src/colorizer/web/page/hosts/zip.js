/**
 * ZIP archives of files that are compressed already (PKWARE, "APPNOTE.TXT", 6.3): each is stored
 * as it is, and its name is in UTF-8.
 */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF_8 = 0x0800;
// 1 January 1980, for which nobody asks.
const DATE = 0x21;
const MOST_BYTES = 0xffffffff;

/**
 * Put files into an archive.
 *
 * @param {{name: string, blob: Blob}[]} files equal names are numbered
 * @returns {Promise<Blob>}
 * @throws {Error} if the archive would have more than 4 GB
 */
export async function zipped(files) {
  const parts = [];
  const directory = [];
  const names = distinct(files.map(({ name }) => name));
  let offset = 0;
  for (const [at, { blob }] of files.entries()) {
    const name = new TextEncoder().encode(names[at]);
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()));
    const about = header(crc, blob.size, name.length);
    parts.push(numbers([4, LOCAL]), about, name, blob);
    directory.push(numbers([4, CENTRAL], [2, VERSION]), about);
    // No comment, on disk 0, no attributes, and where the file starts.
    directory.push(numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), name);
    offset += 30 + name.length + blob.size;
  }
  if (offset > MOST_BYTES) {
    throw new Error("Together they are too large for a ZIP file: download them one by one.");
  }
  const size = new Blob(directory).size;
  const count = files.length;
  const end = numbers(
    [4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0],
  );
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * Number repeated names: `a.jpg`, `a-2.jpg`. Upper and lower case count as the same.
 *
 * @param {string[]} names
 * @returns {string[]}
 */
export function distinct(names) {
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    const [stem, suffix] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let own = name;
    for (let number = 2; taken.has(own.toLowerCase()); number += 1) {
      own = `${stem}-${number}${suffix}`;
    }
    taken.add(own.toLowerCase());
    return own;
  });
}

/**
 * What both headers of a file have in common, from the version on.
 *
 * @param {number} crc
 * @param {number} size
 * @param {number} nameLength
 * @returns {Uint8Array<ArrayBuffer>}
 */
function header(crc, size, nameLength) {
  return numbers(
    [2, VERSION], [2, UTF_8], [2, 0], [2, 0], [2, DATE], [4, crc], [4, size], [4, size],
    [2, nameLength], [2, 0],
  );
}

/**
 * @param {...[2 | 4, number]} values bytes and value of each number
 * @returns {Uint8Array<ArrayBuffer>} little-endian
 */
function numbers(...values) {
  const bytes = new Uint8Array(values.reduce((sum, [length]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [length, value] of values) {
    if (length === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += length;
  }
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

/**
 * The checksum of ISO 3309, as ZIP uses it.
 *
 * @param {Uint8Array} bytes
 * @returns {number}
 */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
