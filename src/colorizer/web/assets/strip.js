// The visitor's photographs, one of which is chosen.
const list = element.querySelector("ul");

function item({ number, name, thumbnail }) {
  const made = document.createElement("li");
  const open = document.createElement("button");
  const picture = document.createElement("img");
  const remove = document.createElement("button");
  open.type = remove.type = "button";
  open.title = name;
  open.setAttribute("aria-pressed", number === props.value.chosen);
  open.addEventListener("click", () => trigger("select", { number }));
  picture.src = thumbnail;
  picture.alt = name;
  open.append(picture);
  remove.className = "remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${name}`);
  remove.addEventListener("click", () => trigger("delete", { number }));
  made.append(open, remove);
  return made;
}

function draw() {
  list.replaceChildren(...(props.value?.photographs ?? []).map(item));
}

watch("value", draw);
draw();
