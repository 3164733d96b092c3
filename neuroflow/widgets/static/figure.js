// A drawn figure in which regions or studies can be chosen: by mouse, or with the arrow keys.
// The kernel sends the areas, in fractions of the picture's width and height.

let count = 0;

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

function frame(box, area) {
  const [, , x, y, width, height] = area;
  box.style.left = `${100 * x}%`;
  box.style.top = `${100 * y}%`;
  box.style.width = `${100 * width}%`;
  box.style.height = `${100 * height}%`;
}

// The area at a point: the smallest around it, or else the nearest within a finger's width.
function at(areas, x, y, ratio) {
  let best = null;
  let least = Infinity;
  for (const area of areas) {
    const [, , left, top, width, height] = area;
    const dx = Math.max(left - x, 0, x - left - width);
    const dy = Math.max(top - y, 0, y - top - height) * ratio;
    const far = Math.hypot(dx, dy);
    const size = far === 0 ? width * height : 1 + far;
    if (far < 0.02 && size < least) [best, least] = [area, size];
  }
  return best;
}

function render({ model, el }) {
  const root = element("div", "nf-figure", el);
  const image = element("img", "nf-drawn", root);
  const marks = element("div", "nf-marks", root);
  const list = element("div", "nf-spots", root); // beside the picture: a list box holds options only
  const cursor = element("div", "nf-cursor", list);
  const name = element("div", "nf-where", root);
  list.setAttribute("role", "listbox");
  list.tabIndex = 0;
  cursor.id = `nf-option-${++count}`;
  cursor.setAttribute("role", "option");
  let place = -1;
  let address = "";

  // The areas come after their picture; until then there is nothing to choose.
  const areas = () => (model.get("placed") !== false && model.get("hit_regions")) || [];

  function point(number) {
    place = number;
    const area = areas()[number];
    cursor.hidden = name.hidden = !area;
    if (!area) return;
    frame(cursor, area);
    cursor.setAttribute("aria-label", area[1]);
    cursor.setAttribute("aria-selected", String(area[0] === model.get("chosen")));
    list.setAttribute("aria-activedescendant", cursor.id);
    name.textContent = area[1];
    name.style.left = `${100 * Math.min(area[2] + area[4] / 2, 0.6)}%`;
    name.style.top = `${100 * (area[3] + area[5])}%`;
  }

  function choose(area) {
    if (!area) return;
    model.set("chosen", area[0]);
    model.save_changes();
  }

  function draw() {
    const data = model.get("png") ?? new Uint8Array();
    root.hidden = data.byteLength === 0;
    URL.revokeObjectURL(address);
    if (root.hidden) return;
    address = URL.createObjectURL(new Blob([data], { type: "image/png" }));
    image.src = address;
    image.alt = model.get("alt") ?? "";
    image.style.width = `${model.get("width")}px`;
    arrange();
  }

  function arrange() {
    if (model.get("placed") === false) {
      marks.replaceChildren();
      return;
    }
    const open = areas().length > 0;
    root.classList.toggle("nf-open", open);
    list.hidden = !open;
    list.setAttribute("aria-label", `${model.get("hint")}: arrow keys move, Enter selects`);
    point(-1);
    mark();
  }

  function mark() {
    const chosen = areas().filter((area) => area[0] === model.get("chosen"));
    marks.replaceChildren();
    for (const area of chosen) {
      const box = element("div", "nf-chosen", marks);
      box.dataset.label = area[1];
      frame(box, area);
    }
    reveal(chosen[0]);
  }

  // Scrolls the figure's own box, never the page.
  function reveal(area) {
    const box = root.closest(".nf-card");
    if (!box || !area) return;
    const { top, height } = image.getBoundingClientRect();
    const inside = box.getBoundingClientRect();
    const place = top - inside.top + height * area[3];
    const hidden = place < 0 || place + height * area[5] > inside.height;
    if (hidden) box.scrollTop += place - inside.height / 2;
  }

  function under(event) {
    const box = image.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    return at(areas(), x, y, box.height / box.width);
  }

  root.addEventListener("mousemove", (event) => point(areas().indexOf(under(event))));
  root.addEventListener("mouseleave", () => point(-1));
  root.addEventListener("click", (event) => choose(under(event)));
  root.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const all = areas();
    if (event.key in steps && all.length) {
      const from = place >= 0 ? place : all.findIndex((area) => area[0] === model.get("chosen"));
      point((from + steps[event.key] + all.length) % all.length);
    } else if (event.key === "Enter" || event.key === " ") choose(all[place]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("blur", () => point(-1));

  draw();
  model.on("change:png", draw);
  model.on("change:placed", arrange);
  model.on("change:chosen", mark);
  return () => URL.revokeObjectURL(address);
}

export default { render };
