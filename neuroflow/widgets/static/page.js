// What the forms need of the page around them, once per page: their keys stay in them, what they
// show is kept out of the notebook's file, and a program that has ended is not kept quiet.

const FORMS = ".nf-app, .nf-form";
const FORM = new Set(["nf-app", "nf-form"]);
const hidden = new Set(); // the controls whose contents come as messages

// The commands of a notebook (d d deletes a cell) are looked up from the element with the focus
// upwards, so a mark on the form would come too late: the element itself is marked, as it is
// pressed on. This listener comes first, before JupyterLab's and Notebook's on the document.
function markKeys(event) {
  const [target] = event.composedPath();
  if (!target.closest?.(FORMS)) return;
  const forPage = (event.ctrlKey || event.metaKey || event.altKey) && event.key !== "Enter";
  if (!forPage) target.dataset.lmSuppressShortcuts = "true";
  else delete target.dataset.lmSuppressShortcuts; // Ctrl+S saves the notebook
}

// Visual Studio Code knows no marks and listens on the window. The document is the last place
// before it, and the tables listen there: nothing may be stopped earlier.
function keep(event) {
  const [target] = event.composedPath();
  if (target.closest?.(FORMS) && target.dataset.lmSuppressShortcuts) event.stopPropagation();
}

function isThere(element) {
  return element.isConnected && !element.disabled && element.checkVisibility();
}

// A form takes the focus away where a button is off while its job runs, or what had the focus is
// drawn anew or gone. It stays in the form then: at its heading, until the button is on again.
class Focus {
  constructor() {
    this.last = null; // what of the forms has the focus, or had it when it was taken
    this.form = null;
    this.place = null; // the heading that has it meanwhile
    this.lost = null; // what had it before, as the button that opened a report
    document.addEventListener("focusin", ({ target }) => this.follow(target));
    document.addEventListener("focusout", ({ target }) => {
      setTimeout(() => this.leave(target)); // what takes it away has done so then
    });
    new MutationObserver(() => this.keep()).observe(document.body, {
      subtree: true,
      childList: true,
      attributeFilter: ["disabled", "style", "class", "hidden", "inert"],
    });
  }

  follow(target) {
    if (target === this.place) return;
    if (this.place && this.last !== target && !isThere(this.last)) this.lost = this.last;
    this.place = null;
    this.form = target.closest?.(FORMS) ?? null;
    this.last = this.form ? target : null;
  }

  leave(target) {
    const isLeft = target === this.last && document.activeElement !== target;
    if (isLeft && isThere(target) && !this.place) this.last = null;
    else this.keep();
  }

  keep() {
    const { activeElement: active, body } = document;
    if (!this.last || ![body, this.last, this.place].includes(active)) return;
    if (isThere(this.last)) {
      if (this.place) this.last.focus({ preventScroll: true });
    } else if (this.lost && isThere(this.lost)) {
      this.lost.focus(); // a report was closed: back to what opened it
      this.lost = null;
    } else if (active !== this.place) {
      const form = this.form.isConnected ? this.form : document.querySelector(FORMS);
      this.place = [...(form?.querySelectorAll("h1, h2") ?? [])].findLast(isThere) ?? null;
      if (!this.place) return;
      this.place.tabIndex = -1;
      this.place.focus({ preventScroll: true });
    }
  }
}

// The arrow keys move among the reports of a gallery, Home and End to its first and last one.
function moveInGallery(event) {
  const gallery = event.target.closest?.(".nf-gallery");
  if (!gallery || !event.target.matches("button")) return;
  const all = [...gallery.querySelectorAll("button")];
  const from = all.indexOf(event.target);
  const top = (button) => button.parentElement.getBoundingClientRect().top;
  const columns = all.filter((button) => top(button) === top(all[0])).length;
  const places = {
    ArrowRight: from + 1, ArrowLeft: from - 1, ArrowDown: from + columns,
    ArrowUp: from - columns, Home: 0, End: all.length - 1,
  };
  if (!(event.key in places)) return;
  event.preventDefault();
  all[places[event.key]]?.focus();
}

const SENTENCE =
  '<p class="nf-saved">The forms of neuroflow were open here. Run the cell to open them again.</p>';

// A notebook that is saved keeps this sentence in place of the forms, and nothing of their parts.
function saveSentence(manager) {
  if (manager.neuroflowSaves || !manager.get_state_sync) return;
  manager.neuroflowSaves = true;
  const whole = manager.get_state_sync.bind(manager);
  manager.get_state_sync = (...options) => {
    const saved = whole(...options);
    const own = new Set();
    const parts = new Set();
    const add = (id) => {
      if (own.has(id) || !(id in saved.state)) return;
      own.add(id);
      const text = JSON.stringify(saved.state[id].state);
      for (const [, part] of text.matchAll(/IPY_MODEL_(\w+)/g)) {
        parts.add(part);
        add(part);
      }
    };
    const isForm = ({ state }) => state._dom_classes?.some((name) => FORM.has(name));
    // The mark counts where a form is being drawn: its parts are there before what holds them.
    const isOwn = (id, model) =>
      hidden.has(id) || isForm(model) || model.state._neuroflow ||
      model.state._anywidget_id?.startsWith("neuroflow.");
    for (const [id, model] of Object.entries(saved.state)) if (isOwn(id, model)) add(id);
    for (const id of own) {
      const { model_module_version: version } = saved.state[id];
      const isWhole = isForm(saved.state[id]) && !parts.has(id);
      delete saved.state[id];
      if (isWhole) saved.state[id] = sentence(version);
    }
    return saved;
  };
}

function sentence(version) {
  const module = { model_module: "@jupyter-widgets/controls", model_module_version: version };
  return { model_name: "HTMLModel", ...module, state: { value: SENTENCE } };
}

// What came as a message is not in the state that a notebook saves.
function hide(control, names) {
  if (!control.neuroflowHidden) {
    hidden.add(control.model_id);
    control.neuroflowHidden = new Set();
    const whole = control.get_state.bind(control);
    control.get_state = (...options) =>
      Object.fromEntries(
        Object.entries(whole(...options)).filter(([name]) => !control.neuroflowHidden.has(name)),
      );
  }
  for (const name of names) control.neuroflowHidden.add(name);
}

async function unpacked(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

function show(manager, contents) {
  for (const [id, state] of Object.entries(contents)) {
    Promise.resolve(manager.get_model(id)).then(
      (control) => {
        hide(control, Object.keys(state));
        control.set_state(state);
      },
      () => {}, // it was closed meanwhile
    );
  }
}

// A browser asks its user about notifications only as a click is at hand: here, not later.
function listenForTicks(model, watch) {
  const ask = async ({ target }) => {
    const form = target.closest?.(FORMS);
    if (!target.checked || !target.closest(".nf-notify")) return;
    if (![...watch.places].some((place) => form.contains(place))) return;
    let permission = permitted();
    if (permission === "default") permission = await Notification.requestPermission();
    model.send({ permission, asked: true });
  };
  addEventListener("change", ask, { capture: true });
  return () => removeEventListener("change", ask, { capture: true });
}

function permitted() {
  if (!isSecureContext) return "insecure";
  return globalThis.Notification?.permission ?? "missing";
}

// The next one takes the place of the last: several pages of one program show it once.
function notify(model, body) {
  const permission = permitted();
  if (permission !== "granted") {
    model.send({ permission });
    return;
  }
  try {
    const shown = new Notification("neuroflow", { body, tag: "neuroflow", renotify: true });
    shown.onclick = () => {
      focus();
      shown.close();
    };
  } catch {
    model.send({ permission: "missing" }); // as on telephones
  }
}

const BEAT = 10_000; // milliseconds between two signs of life
const ENDED = new Set(["dead", "terminating", "restarting", "autorestarting"]);
const STAYS = "What was sent stays sent, and what was saved stays saved.";

function wording(reason) {
  const isPage = document.body.dataset.voila !== undefined;
  if (reason === "connection") {
    const again = isPage
      ? "If neuroflow app was ended, run it again: it opens a new page."
      : "If Jupyter was ended, start it again.";
    return `This page has no connection to its program. ${STAYS} ${again}`;
  }
  const again = isPage ? "" : " Run the cell again.";
  return `The program behind these forms has ended. ${STAYS}${again}`;
}

// One bar above the forms of a program, while it cannot be reached; their controls are off.
class Watch {
  constructor(model) {
    this.model = model;
    this.places = new Set();
    this.unanswered = 0;
    this.reason = "";
    this.kernel = model.widget_manager.kernel;
    this.kernel?.statusChanged?.connect((_, status) => {
      if (ENDED.has(status)) this.say("program");
    });
    this.timer = setInterval(() => this.beat(), BEAT);
    document.addEventListener("visibilitychange", () => this.beat());
  }

  beat() {
    if (document.hidden || this.reason === "program") return;
    const isLost = (this.kernel?.connectionStatus ?? "connected") !== "connected";
    if (isLost || this.reason) this.say(isLost ? "connection" : "");
    if (isLost) return;
    if (this.unanswered > 2 && this.kernel?.status === "idle") {
      this.say("program"); // started again, and knows nothing of this page
      return;
    }
    if (this.unanswered > 0 && this.kernel?.status === "busy") return; // it will answer later
    this.unanswered += 1;
    this.model.send({ ask: "alive" });
  }

  answered() {
    this.unanswered = 0;
    if (this.reason) this.say("");
  }

  say(reason) {
    this.reason = reason;
    for (const place of this.places) {
      const form = place.closest(".nf-app") ?? place.closest(".nf-form");
      if (form) bar(form, reason);
    }
  }

  end() {
    clearInterval(this.timer);
    if (this.reason) this.say("");
  }
}

function bar(form, reason) {
  form.querySelector(":scope > .nf-gone")?.remove();
  for (const part of form.children) part.inert = reason !== "";
  if (!reason) return;
  const box = document.createElement("div");
  box.className = "nf-gone";
  box.setAttribute("role", "alert");
  box.append(wording(reason));
  if (document.body.dataset.voila !== undefined) {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Load again";
    again.addEventListener("click", () => location.reload());
    box.append(" ", again);
  }
  form.prepend(box);
}

// A field of whole numbers shows the number that is used: 22 where 22.5 was typed.
function useWhole({ target }) {
  if (target.type === "number" && target.value && target.closest(FORMS))
    target.value = Math.trunc(target.value);
}

// In a list of files, Enter and a double click do what its button Open does.
function openChosen(event) {
  const [target] = event.composedPath();
  const picker = target.closest?.(".nf-picker");
  if (!picker || !target.closest("select[size]") || (event.key ?? "Enter") !== "Enter") return;
  event.preventDefault();
  // The choice was sent before: a list sends it as it changes.
  picker.querySelector(".nf-open")?.click();
}

// A field that is wrong says so to a screen reader, with the message that stands after it.
function relate() {
  for (const field of document.querySelectorAll("[data-nf-wrong]")) {
    if (document.getElementById(field.dataset.nfWrong)) continue;
    for (const name of ["aria-invalid", "aria-describedby", "data-nf-wrong"])
      field.removeAttribute(name);
  }
  for (const message of document.querySelectorAll(".nf-form .nf-at")) {
    const before = message.closest(".jupyter-widgets")?.previousElementSibling;
    const field = before?.querySelector("input, select, textarea");
    if (!field || (message.id && field.dataset.nfWrong === message.id)) continue;
    message.id ||= `nf-wrong-${(problems += 1)}`;
    field.dataset.nfWrong = message.id;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", message.id);
  }
}
let problems = 0;

// What is wrong is seen by whoever works in its form, also from a button far below it.
function showProblems(changes) {
  const form = document.activeElement.closest(".nf-form");
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
  for (const node of added.filter((each) => form?.contains(each) && each.matches?.(".nf-problem"))) {
    const { top, bottom } = node.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) node.scrollIntoView({ block: "center" });
  }
}

// How the page looks: figures are drawn in its theme, and no larger than its screen shows.
function look() {
  return { dark: isDark(), ratio: devicePixelRatio };
}

function isDark() {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  if (vscodeThemeKind) return vscodeThemeKind.includes("dark");
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

// Sends how the page looks now, and whenever that changes; returns what ends it.
function sendLook(model) {
  let last = look();
  const compare = () => {
    const now = look();
    if (now.dark === last.dark && now.ratio === last.ratio) return;
    last = now;
    try {
      model.send(now);
    } catch {
      end(); // the notebook was closed, and its program with it
    }
  };
  const watcher = new MutationObserver(compare);
  const end = () => {
    watcher.disconnect();
    removeEventListener("resize", compare);
  };
  watcher.observe(document.body, { attributes: true });
  addEventListener("resize", compare); // also where the page is zoomed
  model.send({ ask: "contents", ...last });
  return end;
}

const watches = new WeakMap();

function initialize({ model }) {
  document.getElementById("nf-opening")?.remove();
  const watch = new Watch(model);
  watches.set(model.widget_manager, watch);
  saveSentence(model.widget_manager);
  const take = ({ contents, alive, notify: words, permit }, buffers) => {
    if (alive) watch.answered();
    if (permit) model.send({ permission: permitted(), asked: true });
    if (words) notify(model, words);
    if (!contents) return;
    for (const [id, name, number] of contents.binary) contents.states[id][name] = buffers[number];
    show(model.widget_manager, contents.states);
  };
  let taken = Promise.resolve(); // a long message is unpacked first: the next one waits for it
  model.on("msg:custom", (message, buffers) => {
    const [first, ...others] = buffers;
    taken = taken
      .then(async () => {
        if (message.packed) take(await unpacked(first), others);
        else take(message, buffers);
      })
      .catch(console.error);
  });
  const endLook = sendLook(model);
  const endTicks = listenForTicks(model, watch);
  watch.beat();
  if (!globalThis.neuroflowPage) {
    globalThis.neuroflowPage = new Focus();
    addEventListener("keydown", markKeys, { capture: true });
    addEventListener("keydown", openChosen, { capture: true });
    addEventListener("dblclick", openChosen);
    addEventListener("change", useWhole, { capture: true });
    document.addEventListener("keydown", moveInGallery);
    document.addEventListener("keydown", keep);
    new MutationObserver(showProblems).observe(document.body, { childList: true, subtree: true });
    new MutationObserver(relate).observe(document.body, { childList: true, subtree: true });
  }
  return () => {
    watch.end();
    endLook();
    endTicks();
  };
}

function render({ model, el }) {
  const watch = watches.get(model.widget_manager);
  watch.places.add(el);
  return () => watch.places.delete(el);
}

export default { initialize, render };
