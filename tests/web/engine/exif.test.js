import assert from "node:assert/strict";
import test from "node:test";

import { exifSegment, updated, withExifOf } from "../../../src/colorizer/web/page/engine/exif.js";

const SIZE = { width: 300, height: 70_000 };
const SOI = [0xff, 0xd8];
const EOI = [0xff, 0xd9];
const JFIF = [0xff, 0xe0, 0, 4, 0x4a, 0x46];

/** A JPEG file without pixels, whose EXIF has an orientation, a size and a thumbnail. */
function jpegOf(isLittle) {
  const segment = new Uint8Array(10 + 86);
  segment.set([0xff, 0xe1, 0, segment.length - 2, ...Buffer.from("Exif\0\0")]);
  const tiff = new DataView(segment.buffer, 10);
  const short = (at, value) => tiff.setUint16(at, value, isLittle);
  const long = (at, value) => tiff.setUint32(at, value, isLittle);
  const entry = (at, tag, type, value) => {
    short(at, tag);
    short(at + 2, type);
    long(at + 4, 1);
    (type === 3 ? short : long)(at + 8, value);
  };
  tiff.setUint16(0, isLittle ? 0x4949 : 0x4d4d);
  short(2, 42);
  long(4, 8);
  short(8, 3);
  entry(10, 0x0112, 3, 6);
  entry(22, 0x0128, 3, 2);
  entry(34, 0x8769, 4, 50);
  long(46, 80);
  short(50, 2);
  entry(52, 0xa002, 3, 4000);
  entry(64, 0xa003, 4, 3000);
  return Uint8Array.from([...SOI, ...JFIF, ...segment, ...EOI]);
}

for (const isLittle of [true, false]) {
  test(`EXIF is made true of the new file, ${isLittle ? "little" : "big"}-endian`, () => {
    const segment = exifSegment(jpegOf(isLittle));
    assert.ok(updated(segment, SIZE));
    const tiff = new DataView(segment.buffer, 10);
    assert.equal(tiff.getUint16(18, isLittle), 1, "it is upright");
    assert.equal(tiff.getUint16(30, isLittle), 2, "other tags stay");
    assert.equal(tiff.getUint32(46, isLittle), 0, "the thumbnail is not linked");
    assert.equal(tiff.getUint16(60, isLittle), SIZE.width);
    assert.equal(tiff.getUint32(72, isLittle), SIZE.height);
  });
}

test("EXIF comes first in the new file, and the source stays as it was", async () => {
  const source = jpegOf(true);
  const written = new Blob([Uint8Array.from([...SOI, ...EOI])], { type: "image/jpeg" });
  const joined = await withExifOf(written, new Blob([source]), SIZE);
  const bytes = new Uint8Array(await joined.arrayBuffer());
  assert.equal(joined.type, "image/jpeg");
  assert.deepEqual([...bytes.subarray(0, 4)], [...SOI, 0xff, 0xe1]);
  assert.deepEqual([...bytes.subarray(-2)], EOI);
  assert.equal(bytes.length, 4 + exifSegment(source).length);
  assert.deepEqual(source, jpegOf(true));
});

test("files without EXIF, and broken ones, have none", () => {
  const whole = jpegOf(true);
  for (const bytes of [[], [0xff], SOI, [...SOI, ...JFIF, ...EOI], [0x89, 0x50, 0x4e, 0x47]]) {
    assert.equal(exifSegment(Uint8Array.from(bytes)), null);
  }
  for (let length = 0; length < whole.length - 2; length += 1) {
    assert.equal(exifSegment(whole.subarray(0, length)), null);
  }
});

test("broken EXIF is left out", async () => {
  const source = jpegOf(true);
  new DataView(source.buffer).setUint32(8 + 10 + 4, 60_000, true);
  const written = new Blob([Uint8Array.from([...SOI, ...EOI])]);
  assert.equal(await withExifOf(written, new Blob([source]), SIZE), written);
});
