import assert from "node:assert/strict";
import test from "node:test";

import { Viewport } from "../../../src/colorizer/web/page/parts/viewport.js";

/** A photograph of 400 x 200 pixels in a pane of 200 x 200. */
function opened() {
  const viewport = new Viewport();
  viewport.resize({ width: 200, height: 200 });
  viewport.open({ width: 400, height: 200 });
  return viewport;
}

test("a photograph fits its pane, in the middle", () => {
  const viewport = opened();

  assert.deepEqual(viewport.size, { width: 200, height: 100 });
  assert.deepEqual(viewport.corner, { x: 0, y: 50 });
  assert.equal(viewport.isZoomed, false);
});

test("small photographs are enlarged to twice their size at most", () => {
  const viewport = opened();
  viewport.open({ width: 10, height: 10 });

  assert.deepEqual(viewport.size, { width: 20, height: 20 });
});

test("the place under the pointer stays there while one zooms", () => {
  const viewport = opened();
  const point = { x: 150, y: 100 };
  const place = viewport.toPhotograph(point);

  viewport.zoom(3, point);

  const after = viewport.toPane(place);
  assert.ok(Math.hypot(after.x - point.x, after.y - point.y) < 1e-9);
  assert.equal(viewport.size.width, 600);
});

test("panning ends where the photograph does", () => {
  const viewport = opened();
  viewport.zoom(4);

  viewport.pan(-1e6, -1e6);
  const { x, y } = viewport.toPane({ x: 1, y: 1 });
  assert.ok(Math.abs(x - 200) < 1e-9 && Math.abs(y - 200) < 1e-9);
  viewport.pan(1e6, 1e6);
  assert.deepEqual(viewport.corner, { x: 0, y: 0 });
});

test("places and points are each other's inverse", () => {
  const viewport = opened();
  viewport.zoom(2.5, { x: 30, y: 40 });
  viewport.pan(-12, 7);

  const { x, y } = viewport.toPhotograph(viewport.toPane({ x: 0.3, y: 0.8 }));
  assert.ok(Math.abs(x - 0.3) < 1e-12 && Math.abs(y - 0.8) < 1e-12);
});

test("a place beside the pane is brought into it, and one that is seen stays", () => {
  const viewport = opened();
  viewport.zoom(8);
  const hidden = { x: 0.2, y: 0.5 };
  assert.ok(viewport.toPane(hidden).x < 0);

  viewport.reveal(hidden);
  const { x } = viewport.toPane(hidden);
  assert.ok(x > 0 && x < 200);
  viewport.reveal(hidden);
  assert.equal(viewport.toPane(hidden).x, x);
});
