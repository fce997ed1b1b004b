// Sends photographs to the server one by one, and asks for each to be coloured.
const input = element.querySelector("input");
const drop = element.querySelector(".drop");
const status = element.querySelector(".status");
const problems = element.querySelector(".problems");
const examples = element.querySelector(".examples");
let page = {};
const chosen = []; // files not sent yet
let sending = null; // the status shown while files are being sent
const waiting = []; // events that request colouring, one after the other
let coloring = false;

function tell(lines) {
  problems.replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

function report() {
  const left = waiting.length + coloring;
  const one = left > 1 ? `Colouring, ${left} to go…` : "Colouring…";
  status.textContent = [sending, left ? one : ""].filter(Boolean).join(" ");
}

function color() {
  if (!coloring && waiting.length) {
    coloring = true;
    trigger(...waiting.shift());
  }
  report();
}

function complain(line) {
  tell([...Array.from(problems.children, (item) => item.textContent), line]);
}

function button({ thumbnail, credit }, index) {
  const made = document.createElement("button");
  const picture = document.createElement("img");
  picture.src = thumbnail;
  picture.alt = `Example ${index + 1}`;
  made.type = "button";
  made.title = credit;
  made.append(picture);
  made.addEventListener("click", () => {
    tell([]);
    waiting.push(["select", { index }]);
    color();
  });
  return made;
}

// The server sends only what has changed.
function draw() {
  if (props.value?.answer) coloring = false;
  page = { ...page, ...props.value };
  const { megapixels, megabytes, uploads } = page.limits ?? {};
  element.querySelector(".limits").textContent = page.limits
    ? `Up to ${uploads} at a time, each up to ${megapixels} megapixels and ${megabytes} MB`
    : "";
  element.classList.toggle("compact", page.count > 0);
  examples.hidden = !page.examples?.length || page.count > 0;
  if (props.value?.examples) {
    examples.querySelector("div").replaceChildren(...page.examples.map(button));
    const credits = [...new Set(page.examples.map(({ credit }) => credit))];
    examples.querySelector("small").textContent = `Photographs: ${credits.join("; ")}`;
  }
  if (props.value?.problem) complain(props.value.problem);
  color();
  sendAll(); // files chosen before the page was ready
}

async function send(file) {
  if (file.size > page.limits.megabytes * 1e6) {
    throw new Error(`The file is larger than ${page.limits.megabytes} MB.`);
  }
  const name = encodeURIComponent(file.name || "photograph.png");
  const address = `photographs/${page.key}?name=${name}`;
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: file });
  } catch {
    throw new Error("It could not be sent. Is the colorizer still running?");
  }
  if (!answer.ok) throw new Error((await answer.json()).detail);
}

async function sendAll() {
  if (sending || !page.key) return;
  let first = true;
  while (chosen.length) {
    const file = chosen.shift();
    sending = chosen.length ? `Sending, ${chosen.length + 1} to go…` : "Sending…";
    report();
    try {
      await send(file);
      waiting.push(["upload", { first }]);
      first = false;
      color();
    } catch (error) {
      complain(`${file.name}: ${error.message}`);
    }
  }
  sending = null;
  report();
}

function add(files) {
  if (!files.length) return;
  if (!sending) tell([]);
  chosen.push(...files);
  sendAll();
}

input.addEventListener("change", () => {
  add(input.files);
  input.value = ""; // otherwise the same file could not be chosen again
});
// Anywhere on the page: a photograph dropped outside the frame would replace the page.
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", type === "dragover");
  });
}
document.addEventListener("drop", (event) => add(event.dataTransfer.files));
document.addEventListener("paste", (event) => add(event.clipboardData.files));
watch("value", draw);
draw();
