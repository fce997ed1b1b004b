import test from "node:test";

import { reduced } from "../../../src/colorizer/web/page/engine/reduce.js";
import { resizePlane, resizeRgb } from "../../../src/colorizer/web/page/engine/resize.js";
import { assertClose, fixtures, pixelsOf, unpacked } from "./fixtures.js";

test("blocks have the means that Pillow computes, with alpha and at the border", () => {
  for (const one of fixtures.reduce) {
    const { rgba } = reduced(pixelsOf(one), one.across, one.down);
    assertClose(rgba, unpacked(one.result), 0);
  }
});

test("RGB is resized as by Pillow's LANCZOS, to the byte", () => {
  for (const { size, pixels, new: wanted, box, result } of fixtures.resize_rgb) {
    assertClose(resizeRgb(unpacked(pixels), ...size, ...wanted, ...box), unpacked(result), 0);
  }
});

test("planes are resized as by Pillow's BILINEAR", () => {
  for (const { size, plane, new: wanted, result } of fixtures.resize_plane) {
    assertClose(resizePlane(Float32Array.from(plane), ...size, ...wanted), result, 1e-3);
  }
});
