import assert from "node:assert/strict";
import test from "node:test";

import { onWhite, readView, viewSize } from "../../../src/colorizer/web/page/engine/view.js";
import { assertClose, fixtures, pixelsOf } from "./fixtures.js";

test("the network sees photographs at the size that Python chooses", () => {
  for (const [[width, height], [seenWidth, seenHeight]] of fixtures.view_size) {
    const seen = viewSize({ width, height }, 192, 32);
    assert.deepEqual(seen, { width: seenWidth, height: seenHeight });
  }
});

test("a photograph is seen as Python sees it", () => {
  for (const one of fixtures.read_view) {
    const [width, height] = one.view;
    assertClose(readView(pixelsOf(one), { width, height }), one.result, 1e-3);
  }
});

test("what is transparent is white", () => {
  assert.deepEqual([...onWhite(Uint8ClampedArray.of(10, 20, 30, 0))], [255, 255, 255]);
  assert.deepEqual([...onWhite(Uint8ClampedArray.of(10, 20, 30, 255))], [10, 20, 30]);
});
