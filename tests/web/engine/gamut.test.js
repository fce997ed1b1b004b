import assert from "node:assert/strict";
import test from "node:test";

import { fittedLinearRgb, linearRgb } from "../../../src/colorizer/web/page/engine/gamut.js";
import { encode, labOf } from "../../../src/colorizer/web/page/engine/lab.js";
import { assertClose, fixtures } from "./fixtures.js";

test("CIELAB becomes the RGB that Python computes, in the gamut and beyond", () => {
  const out = new Float64Array(3);
  for (const { lab, linear, bytes } of fixtures.gamut) {
    linearRgb(...lab, out);
    assertClose(out, linear, 1e-3);
    fittedLinearRgb(...lab, out);
    assertClose(Array.from(out, encode), bytes, 1);
  }
});

test("fitting keeps the lightness and the hue", () => {
  const out = new Float64Array(3);
  fittedLinearRgb(60, 110, -110, out);
  const [lightness, a, b] = labOf(...Array.from(out, encode));
  assertClose([lightness], [60], 0.3);
  assertClose([Math.atan2(b, a)], [-Math.PI / 4], 0.02);
  assert.ok(Math.hypot(a, b) > 50);
});
