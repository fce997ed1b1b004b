import assert from "node:assert/strict";
import test from "node:test";

import { crc32, distinct, zipped } from "../../../src/colorizer/web/page/hosts/zip.js";

test("checksums are those of the standard's check value", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test("repeated names are numbered, whatever their case", () => {
  assert.deepEqual(distinct(["a.jpg", "A.JPG", "a-2.jpg", "b", "b"]), [
    "a.jpg", "A-2.JPG", "a-2-2.jpg", "b", "b-2",
  ]);
});

test("an archive holds its files one after the other, then its directory", async () => {
  const files = ["é", "two"].map((text) => ({ name: `${text}.txt`, blob: new Blob([text]) }));

  const bytes = new Uint8Array(await (await zipped(files)).arrayBuffer());

  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  assert.equal(view.getUint16(end + 10, true), 2);
  const directory = view.getUint32(end + 16, true);
  assert.equal(view.getUint32(directory, true), 0x02014b50);
  assert.equal(directory + view.getUint32(end + 12, true), end);
  assert.equal(new TextDecoder().decode(bytes.subarray(30, 36)), "é.txt");
});
