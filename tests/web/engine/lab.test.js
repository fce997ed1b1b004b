import assert from "node:assert/strict";
import test from "node:test";

import {
  abOf, encode, labOf, lightnessOf, lightnessOfPixels,
} from "../../../src/colorizer/web/page/engine/lab.js";
import { assertClose, fixtures } from "./fixtures.js";

test("colours have the CIELAB that Python computes", () => {
  for (const { rgb, lab, lightness, hex, ab } of fixtures.colors) {
    assertClose(labOf(...rgb), lab, 1e-3);
    assertClose(abOf(hex), ab, 1e-3);
    assertClose([lightnessOf(...rgb)], [lightness], 1e-3);
    assertClose(lightnessOfPixels(Uint8Array.from(rgb)), [lab[0]], 1e-3);
  }
});

test("linear RGB becomes the byte that Python rounds to", () => {
  for (const [linear, byte] of fixtures.encode) {
    assert.equal(encode(linear), byte, `${linear}`);
  }
});

test("greys keep their byte", () => {
  for (let grey = 0; grey < 256; grey += 1) {
    const f = (lightnessOf(grey, grey, grey) + 16) / 116;
    const luminance = f > 0.2068930 ? f ** 3 : (f - 16 / 116) / 7.787;
    assert.equal(encode(luminance), grey);
  }
});

test("a colour that is not #rrggbb is refused", () => {
  for (const wrong of ["red", "#12345", "#1234567", "#gggggg", ""]) {
    assert.throws(() => abOf(wrong), /#rrggbb/);
  }
});
