import assert from "node:assert/strict";
import test from "node:test";

import { colorOf } from "../../../src/colorizer/web/page/engine/gamut.js";
import { abOf } from "../../../src/colorizer/web/page/engine/lab.js";
import { decodeWithinReach } from "../../../src/colorizer/web/page/engine/reach.js";
import {
  difference, suggestColors,
} from "../../../src/colorizer/web/page/engine/suggestions.js";
import { proposeVariants } from "../../../src/colorizer/web/page/engine/variants.js";
import { assertClose, fixtures } from "./fixtures.js";

/** A photograph in which a hint colours what is near it, as `Blots` in engine_fixtures.py. */
function blots({ size: [width, height], own, ab, shares }) {
  const decode = async (hints) => {
    const chroma = {
      width, height, own: Float32Array.from(own), given: new Float32Array(own.length),
    };
    for (const hint of hints) {
      for (let at = 0; at < own.length; at += 1) {
        const [x, y] = [at % width, Math.floor((at % (width * height)) / width)];
        const apart = [x + 0.5 - hint.x * width, y + 0.5 - hint.y * height].map(Math.abs);
        if (Math.max(...apart) < 6) {
          chroma.own[at] = 0;
          chroma.given[at] = hint.ab[at < width * height ? 0 : 1];
        }
      }
    }
    return chroma;
  };
  const likely = { ab: Float32Array.from(ab ?? []), shares: Float32Array.from(shares ?? []) };
  return { decode, likelyColors: async () => likely };
}

test("a and b become the colour that Python finds, at the wanted lightness or near it", () => {
  for (const [ab, lightness, hex] of fixtures.hex) {
    assert.equal(colorOf(ab, lightness), hex);
  }
});

test("a colour keeps its a and b", () => {
  assertClose(abOf(colorOf([40, 20], 55)), [40, 20], 1);
  assertClose(abOf(colorOf([0, 70], 5)), [0, 70], 1.5);
});

test("colours differ as much as Python finds", () => {
  for (const [one, other, apart] of fixtures.difference) {
    assertClose([difference(one, other)], [apart], 1e-3);
  }
});

test("suggestions are those of Python", () => {
  const { ab, shares, colors, result } = fixtures.suggestions;
  const likely = { ab: Float32Array.from(ab), shares: Float32Array.from(shares) };
  const found = [0, 1, 2].flatMap((place) => suggestColors(likely, place));
  assertClose(found.map(({ share }) => share), result, 1e-3);
  assertClose(found.flatMap((one) => (one.share > 1e-3 ? one.ab : [])), colors.filter(
    (_, at) => result[Math.floor(at / 2)] > 1e-3,
  ), 1e-2);
});

test("hints count within their reach as in Python", async () => {
  const { hints, result } = fixtures.reach;
  const { own, given } = await decodeWithinReach(blots(fixtures.reach).decode, hints);
  assertClose(own, result.own, 1e-3);
  assertClose(given, result.given, 1e-3);
});

test("variants are those of Python", async () => {
  const { known, result } = fixtures.variants;
  const found = await proposeVariants(blots(fixtures.variants), known, 4);
  assert.deepEqual(found.map((hints) => hints.length), result.map((hints) => hints.length));
  assert.ok(result[1].length > 2);
  found.forEach((hints, variant) => {
    hints.forEach(({ x, y, ab, reach }, at) => {
      const expected = result[variant][at];
      assertClose([x, y, ...ab], [expected.x, expected.y, ...expected.ab], 1e-2);
      assert.equal(reach, expected.reach);
    });
  });
});

test("one colouring is the known one", async () => {
  const { known } = fixtures.variants;
  assert.deepEqual(await proposeVariants(blots(fixtures.variants), known, 1), [known]);
});
