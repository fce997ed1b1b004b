// Sends photographs to the server one by one, and asks for each to be coloured.
const input = element.querySelector("input");
const drop = element.querySelector(".drop");
const status = element.querySelector(".status");
const problems = element.querySelector(".problems");
const examples = element.querySelector(".examples");
let page = {};
let sending = null; // what is told while files are being sent
let waiting = []; // events that ask for what was sent to be coloured, one after the other
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

async function sendAll(files) {
  if (!files.length || sending || !page.key) return;
  tell([]);
  let first = true;
  for (const [index, file] of files.entries()) {
    sending = files.length > 1 ? `Sending ${index + 1} of ${files.length}…` : "Sending…";
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
  input.value = "";
}

input.addEventListener("change", () => sendAll(Array.from(input.files)));
for (const type of ["dragenter", "dragover"]) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const type of ["dragleave", "drop"]) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
  });
}
drop.addEventListener("drop", (event) => sendAll(Array.from(event.dataTransfer.files)));
document.addEventListener("paste", (event) => sendAll(Array.from(event.clipboardData.files)));
watch("value", draw);
draw();
