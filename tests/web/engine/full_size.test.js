import assert from "node:assert/strict";
import test from "node:test";

import { Painter } from "../../../src/colorizer/web/page/engine/full_size.js";
import { fitGuide } from "../../../src/colorizer/web/page/engine/guided_filter.js";
import { readView } from "../../../src/colorizer/web/page/engine/view.js";
import { assertClose, fixtures, pixelsOf, unpacked } from "./fixtures.js";

function painterFor(one, strength = one.strength) {
  const [width, height] = one.chroma;
  const pixels = pixelsOf(one);
  const [own, given] = [Float32Array.from(one.own), Float32Array.from(one.given)];
  return new Painter({ width, height, own, given }, strength, pixels, (size) =>
    readView(pixels, size),
  );
}

test("chroma is fitted to lightness as Python does it", () => {
  const { size: [width, height], ab, lightness, slope, offset } = fixtures.guide;
  const guide = fitGuide(Float32Array.from(ab), Float32Array.from(lightness), width, height);
  const plane = (channel) => Array.from(guide).filter((_, at) => at % 4 === channel);
  assertClose([...plane(0), ...plane(1)], slope, 1e-3);
  assertClose([...plane(2), ...plane(3)], offset, 1e-2);
});

test("photographs are painted as by Python, within a step", () => {
  for (const one of fixtures.full_size) {
    const rgba = unpacked(one.pixels);
    painterFor(one).paint(rgba, 0, rgba);
    assertClose(rgba, unpacked(one.result), 1);
  }
});

test("rows may be painted in any order", () => {
  const one = fixtures.full_size[4];
  const { width, height, rows } = pixelsOf(one);
  const painter = painterFor(one);
  const whole = new Uint8ClampedArray(4 * width * height);
  painter.paint(rows(0, height), 0, whole);
  for (const [top, bottom] of [[13, height], [0, 1], [1, 13]]) {
    const strip = rows(top, bottom);
    painter.paint(strip, top, strip);
    assert.deepEqual(strip, whole.slice(4 * width * top, 4 * width * bottom));
  }
});

test("without strength, only what hints give is left", () => {
  const one = { ...fixtures.full_size[4], given: fixtures.full_size[4].given.map(() => 0) };
  const rgba = unpacked(one.pixels);
  painterFor(one, 0).paint(rgba, 0, rgba);
  for (let at = 0; at < rgba.length; at += 4) {
    assertClose([rgba[at + 1], rgba[at + 2]], [rgba[at], rgba[at]], 1);
  }
});
