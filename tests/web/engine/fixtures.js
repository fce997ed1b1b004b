/** What the tests of the engine share. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Numbers of the Python modules; tests/web/engine_fixtures.py writes them. */
export const fixtures = JSON.parse(
  readFileSync(new URL("./fixtures.json", import.meta.url), "utf8"),
);

/** Bytes from base64. */
export function unpacked(text) {
  return new Uint8ClampedArray(Buffer.from(text, "base64"));
}

/** A photograph in memory, as the engine reads photographs. */
export function pixelsOf({ size: [width, height], pixels }) {
  const rgba = unpacked(pixels);
  const rows = (top, bottom) => rgba.slice(4 * width * top, 4 * width * bottom);
  return { width, height, rows };
}

/** Require that two lists of numbers differ by at most `within` anywhere. */
export function assertClose(actual, expected, within) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, at) => {
    const apart = Math.abs(value - expected[at]);
    assert.ok(apart <= within, `at ${at}: ${value} instead of ${expected[at]}`);
  });
}
