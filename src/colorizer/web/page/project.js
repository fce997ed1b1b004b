/** Project files: what was changed in photographs, to go on later or elsewhere. */

import { LEAST_REACH, MOST_DOTS, SIZES, usableStrength } from "./edits.js";
import { downloadBlob } from "./host.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./edits.js").Edits} Edits */

const PROJECT_FILE = "colorizer-project.json";
const KIND = "colorizer project";
// The first knew no reach of colours and no size; otherwise it is the same.
const VERSIONS = [1, 2];
const COLOR = /^#[0-9a-f]{6}$/i;

/**
 * Write a project, which `colorizer photo --project` reads too.
 *
 * @param {string} network what the network is called
 * @param {{name: string, edits: Edits}[]} photographs
 * @returns {string} JSON
 */
export function writeProject(network, photographs) {
  const changed = photographs.map(({ name, edits }) => ({ name, ...edits }));
  const project = { kind: KIND, version: VERSIONS.at(-1), network, photographs: changed };
  return `${JSON.stringify(project, null, 2)}\n`;
}

/**
 * Give the visitor a project to keep.
 *
 * @param {string} network what the network is called
 * @param {{name: string, history: {now: Edits}}[]} photographs
 */
export function saveProject(network, photographs) {
  const edited = photographs.map(({ name, history }) => ({ name, edits: history.now }));
  const blob = new Blob([writeProject(network, edited)], { type: "application/json" });
  downloadBlob(blob, PROJECT_FILE);
}

/**
 * Read a project.
 *
 * @param {string} text
 * @returns {Map<string, Edits>} by the names of photographs
 * @throws {Error} if it is no project, or one of a later version
 */
export function readProject(text) {
  let project;
  try {
    project = JSON.parse(text);
  } catch {
    project = null;
  }
  if (project?.kind !== KIND || !Array.isArray(project.photographs)) {
    throw new Error("This is no project of colorizer.");
  }
  if (!VERSIONS.includes(project.version)) {
    throw new Error(
      `This project is of version ${project.version}; this page reads ${VERSIONS.join(" and ")}.`,
    );
  }
  return new Map(
    project.photographs.map((/** @type {any} */ one) => [
      String(one?.name),
      {
        dots: usableDots(one?.dots),
        strength: usableStrength(one?.strength, 1),
        size: SIZES.includes(one?.size) ? one.size : null,
      },
    ]),
  );
}

/** @param {unknown} reach @returns {number | null} */
function usableReach(reach) {
  return typeof reach === "number" ? Math.min(1, Math.max(LEAST_REACH, reach)) : null;
}

/** @param {unknown} dots @returns {Dot[]} those that are dots */
function usableDots(dots) {
  const isShare = (/** @type {unknown} */ value) =>
    typeof value === "number" && value >= 0 && value <= 1;
  return (Array.isArray(dots) ? dots : [])
    .filter((dot) => isShare(dot?.x) && isShare(dot.y) && COLOR.test(dot.color))
    .slice(0, MOST_DOTS)
    .map(({ x, y, color, reach }) => ({ x, y, color, reach: usableReach(reach) }));
}
