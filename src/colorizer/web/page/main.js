/** Starts the page. */

import { App } from "./app.js";
import { Engine } from "./engine/client.js";
import { find } from "./parts/dom.js";

const PROMISES = {
  server: "Nothing is sent to the internet: all is done on the computer that runs this page.",
  static: "Your photographs never leave this computer: all is done in your browser.",
};

try {
  const about = await (await fetch("about.json")).json();
  const engine = new Engine();
  // Only what is needed of the two.
  const { createHost } = await import(`./hosts/${about.edition}.js`);
  find("#promise").textContent = PROMISES[/** @type {"server" | "static"} */ (about.edition)];
  find("#network").textContent = `Network: ${about.network}.`;
  const { host, storage } = await createHost(engine, about);
  await new App(about, host, engine, storage).start();
} catch (error) {
  find("#status").textContent =
    `The page could not start: ${error instanceof Error ? error.message : error}`;
  throw error;
}
