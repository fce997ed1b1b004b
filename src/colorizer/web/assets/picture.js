// Before and after with a line between them; a tap gives a place the picked colour.
const frame = element.querySelector(".frame");
const line = element.querySelector(".line");
const before = element.querySelector(".before");
const after = element.querySelector(".after");
const advice = element.querySelector(".advice");
const other = element.querySelector(".other");
const colors = element.querySelector(".colors");
const PALETTE = {
  skin: "#e0ac8a", sky: "#6ea6d8", water: "#4f8a9b", leaves: "#5d8a3a", grass: "#8aa84a",
  sand: "#d8bd8a", wood: "#8b5a2b", brick: "#a8482f", red: "#c0302b", gold: "#d9a520",
};
const TAP = 6; // pixels that a finger may slip
const LARGEST = 2; // a photograph is shown at most this many times its own size
let picked = null;
let share = 50;
let pressed = null;

function divide(percent) {
  share = Math.min(100, Math.max(0, percent));
  after.style.clipPath = `inset(0 0 0 ${share}%)`;
  line.style.left = `${share}%`;
  line.setAttribute("aria-valuenow", Math.round(share));
}

function pick(color, label) {
  picked = picked === color ? null : color;
  for (const swatch of colors.children) {
    swatch.setAttribute("aria-pressed", picked !== null && swatch === label);
  }
  frame.classList.toggle("picking", picked !== null);
  advise();
}

function advise() {
  advice.textContent = picked
    ? "Now click on the photograph where this colour belongs."
    : "Is a colour wrong? Pick the right one, then click on the photograph.";
}

function dot(color) {
  const made = document.createElement("span");
  made.className = "dot";
  made.style.background = color;
  return made;
}

function draw() {
  const view = props.value ?? {};
  if (view.before) {
    before.src = view.before;
    before.alt = `Before: ${view.name}`;
    element.querySelector(".caption").textContent =
      `${view.name}, ${view.width} × ${view.height} pixels`;
    element.querySelector(".palette").hidden = !view.takesColors;
    frame.style.aspectRatio = `${view.width} / ${view.height}`;
    frame.style.setProperty("--shape", view.width / view.height);
    frame.style.setProperty("--width", `${LARGEST * view.width}px`);
    divide(50);
  }
  if (view.after) after.src = view.after;
  const spots = view.spots ?? [];
  element.querySelector(".spots").replaceChildren(...spots.map(({ x, y, color }) => {
    const made = dot(color);
    made.style.left = `${100 * x}%`;
    made.style.top = `${100 * y}%`;
    return made;
  }));
  element.querySelector(".chosen").hidden = !spots.length;
  element.querySelector("ol").replaceChildren(...spots.map(({ color }, index) => {
    const item = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.title = "Remove this colour";
    remove.setAttribute("aria-label", `Remove colour ${index + 1}`);
    remove.append(dot(color), "×");
    remove.addEventListener("click", () => trigger("delete", { index }));
    item.append(remove);
    return item;
  }));
}

function at(event) {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

frame.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pressed = { x: event.clientX, slides: line.contains(event.target) };
  frame.setPointerCapture(event.pointerId);
});
frame.addEventListener("pointermove", (event) => {
  if (!pressed) return;
  pressed.slides ||= Math.abs(event.clientX - pressed.x) > TAP;
  if (pressed.slides) divide(100 * at(event)[0]);
});
frame.addEventListener("pointercancel", () => { pressed = null; });
frame.addEventListener("pointerup", (event) => {
  const tapped = pressed && !pressed.slides;
  pressed = null;
  const [x, y] = at(event);
  if (tapped && picked && x >= 0 && x <= 1 && y >= 0 && y <= 1) {
    trigger("select", { x, y, color: picked });
  }
});
line.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -5, ArrowRight: 5, Home: -100, End: 100 }[event.key];
  if (!step) return;
  event.preventDefault();
  divide(share + step);
});

for (const [name, color] of Object.entries(PALETTE)) {
  const swatch = document.createElement("button");
  swatch.type = "button";
  swatch.append(dot(color), name);
  swatch.setAttribute("aria-pressed", false);
  swatch.addEventListener("click", () => pick(color, swatch));
  colors.insertBefore(swatch, other);
}
other.querySelector("input").addEventListener("input", (event) => {
  picked = null;
  pick(event.target.value, other);
});
element.querySelector(".undo").addEventListener("click", () => trigger("undo"));
element.querySelector(".clear").addEventListener("click", () => trigger("clear"));
watch("value", draw);
divide(50);
advise();
draw();
