/** Project files: what was changed in photographs, to go on later or elsewhere. */

import { MOST_DOTS, usableStrength } from "./edits.js";

/** @typedef {import("./edits.js").Dot} Dot */
/** @typedef {import("./edits.js").Edits} Edits */

export const PROJECT_FILE = "colorizer-project.json";
const KIND = "colorizer project";
const VERSION = 1;
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
  const project = { kind: KIND, version: VERSION, network, photographs: changed };
  return `${JSON.stringify(project, null, 2)}\n`;
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
  if (project.version !== VERSION) {
    throw new Error(`This project is of version ${project.version}; this page reads ${VERSION}.`);
  }
  return new Map(
    project.photographs.map((/** @type {any} */ { name, dots, strength }) => [
      String(name),
      { dots: usableDots(dots), strength: usableStrength(strength, 1) },
    ]),
  );
}

/** @param {unknown} dots @returns {Dot[]} those that are dots */
function usableDots(dots) {
  const isShare = (/** @type {unknown} */ value) =>
    typeof value === "number" && value >= 0 && value <= 1;
  return (Array.isArray(dots) ? dots : [])
    .filter(({ x, y, color }) => isShare(x) && isShare(y) && COLOR.test(color))
    .slice(0, MOST_DOTS)
    .map(({ x, y, color }) => ({ x, y, color }));
}
