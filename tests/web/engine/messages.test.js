import assert from "node:assert/strict";
import test from "node:test";

import { PlainError, plainMessage } from "../../../src/colorizer/web/page/engine/errors.js";
import { whyUnreadable } from "../../../src/colorizer/web/page/engine/file_kind.js";

const HEIC = "\0\0\0\x18ftypheic\0\0\0\0";

for (const [head, said] of [
  ["", /^This file is empty/],
  ["II*\0\x08\0\0\0", /TIFF .*pip install photo-colorizer\) can.*JPEG, PNG, WebP, AVIF, GIF/],
  ["MM\0*\0\0\0\x08", /TIFF/],
  [HEIC, /HEIC .*pip install photo-colorizer\[heic\]\) can/],
  [HEIC.replace("heic", "avif"), /^This AVIF file is broken/],
  ["\0\0\0\x0cjP  \r\n", /JPEG 2000/],
  ["\xff\xd8\xff\xe0", /^This JPEG file is broken, or too large/],
  ["RIFF\x10\0\0\0WEBPVP8 ", /^This WebP file is broken/],
  ["dear diary", /not a photograph that browsers can read/],
]) {
  test(`a file that starts with ${JSON.stringify(head)} is told of`, async () => {
    assert.match(await whyUnreadable(new Blob([Buffer.from(head, "latin1")])), said);
  });
}

test("errors are told in words for the visitor", () => {
  assert.equal(plainMessage(new PlainError("Wait.")), "Wait.");
  const full = /^There is not enough memory/;
  assert.match(plainMessage(new RangeError("Array buffer allocation failed")), full);
  assert.match(plainMessage(new Error("Out of memory at ImageBitmap creation")), full);
  assert.match(plainMessage(new Error("odd")), /^Something went wrong in this page: odd$/);
  assert.match(plainMessage("odd"), /odd/);
});
