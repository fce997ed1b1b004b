import assert from "node:assert/strict";
import test from "node:test";

import { claimedSize } from "../../../src/colorizer/web/page/engine/claimed_size.js";

const SIZE = { width: 300, height: 7 };
// The first bytes of files that Pillow wrote; two are named by how it was told to.
const WRITTEN = {
  PNG: "iVBORw0KGgoAAAANSUhEUgAAASwAAAAHCAIAAAA9A+djAAAAMklEQQ==",
  GIF: "R0lGODdhLAEHAIIAAJkzAMwzAMxmAMwzM5lmM8xmMwAAAAAAACwAAA==",
  BMP: "Qk3SGAAAAAAAADYAAAAoAAAALAEAAAcAAAABABgAAAAAAJwYAADEDg==",
  "lossless WebP": "UklGRiQAAABXRUJQVlA4TBcAAAAvK4EBAAdQrSIXpf8BICH8Xy9G9A==",
  "lossy WebP": "UklGRk4AAABXRUJQVlA4IEIAAADQAwCdASosAQcAP83m8HK/uDMsIQ==",
  "WebP with a profile": "UklGRkAAAABXRUJQVlA4WAoAAAAgAAAAKwEABgAASUNDUAEAAAB4AA==",
  "JPEG with a comment":
    "/9j/4AAQSkZJRgABAQAAAQABAAD//gAJc2Nhbm5lZP/bAEMA////////////////////////////////////////" +
    "///////////////////////////////////////////////AAAsIAAcBLAEBEQD/xAAfAAABBQEBAQEBAQAAAAAA" +
    "AAAAAQIDBAU=",
  "progressive JPEG":
    "/9j/4AAQSkZJRgABAQAAAQABAAD//gAJc2Nhbm5lZP/bAEMA////////////////////////////////////////" +
    "///////////////////////////////////////////////CAAsIAAcBLAEBEQD/xAAUAAEAAAAAAAAAAAAAAAAA" +
    "AAAA/9oACAE=",
};

for (const [kind, base64] of Object.entries(WRITTEN)) {
  const bytes = Buffer.from(base64, "base64");

  test(`${kind} says how large its photograph is`, async () => {
    assert.deepEqual(await claimedSize(new Blob([bytes])), SIZE);
  });

  test(`${kind} that ends early says nothing`, async () => {
    assert.equal(await claimedSize(new Blob([bytes.subarray(0, 20)])), null);
  });
}

test("a BMP from the top down is as high as one from the bottom up", async () => {
  const bytes = Buffer.from(WRITTEN.BMP, "base64");
  bytes.writeInt32LE(-SIZE.height, 22);
  assert.deepEqual(await claimedSize(new Blob([bytes])), SIZE);
});

test("an old BMP has sixteen bits a side", async () => {
  const bytes = Buffer.alloc(40);
  bytes.write("BM");
  bytes.writeUInt32LE(12, 14);
  bytes.writeUInt16LE(SIZE.width, 18);
  bytes.writeUInt16LE(SIZE.height, 20);
  assert.deepEqual(await claimedSize(new Blob([bytes])), SIZE);
});

test("a JPEG may have bytes of filling, and much before its frame", async () => {
  const bytes = Buffer.from(WRITTEN["JPEG with a comment"], "base64");
  const profile = Buffer.alloc(2 + 0xffff);
  profile.writeUInt32BE(0xffe2ffff);
  const filled = [bytes.subarray(0, 2), ...Array(9).fill(profile), Buffer.from([0xff, 0xff])];
  assert.deepEqual(await claimedSize(new Blob([...filled, bytes.subarray(2)])), SIZE);
});

for (const [kind, bytes] of Object.entries({
  "a JPEG that is out of step": [0xff, 0xd8, 0xff, 0xe0, 0, 2, ...Array(40).fill(1)],
  "a JPEG whose scan comes first": [0xff, 0xd8, 0xff, 0xda, 0, 2, ...Array(40).fill(0xff)],
  "a JPEG of nothing but filling": [0xff, 0xd8, ...Array(20_000).fill(0xff)],
  "a JPEG of empty segments": [0xff, 0xd8, ...Array(20_000).fill([0xff, 0xe0, 0, 0]).flat()],
  text: Array(40).fill(0x61),
  "an empty file": [],
})) {
  test(`${kind} says nothing`, async () => {
    assert.equal(await claimedSize(new Blob([Uint8Array.from(bytes)])), null);
  });
}
