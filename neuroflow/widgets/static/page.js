// What the forms need of the page around them, once per page: their keys stay in them, and what
// they show is kept out of the notebook's file.

const FORMS = ".nf-app, .nf-form";
const keptIn = new WeakSet();

// The commands of a notebook (d d deletes a cell) are looked up from the element with the focus
// upwards, so a mark on the form would come too late: the element itself is marked, as it is
// pressed on. This listener comes first, before JupyterLab's and Notebook's on the document.
function markKeys(event) {
  const [target] = event.composedPath();
  const form = target.closest?.(FORMS);
  if (!form) return;
  const forPage = (event.ctrlKey || event.metaKey || event.altKey) && event.key !== "Enter";
  if (!forPage) target.dataset.lmSuppressShortcuts = "true";
  else delete target.dataset.lmSuppressShortcuts; // Ctrl+S saves the notebook
  if (keptIn.has(form)) return;
  keptIn.add(form);
  form.addEventListener("keydown", keep);
}

// Visual Studio Code listens to what bubbles up, and knows no marks.
function keep(event) {
  if (event.target.dataset.lmSuppressShortcuts) event.stopPropagation();
}

// What came as a message is not in the state that a notebook saves.
function hide(control, names) {
  if (!control.neuroflowHidden) {
    control.neuroflowHidden = new Set();
    const whole = control.get_state.bind(control);
    control.get_state = (...options) =>
      Object.fromEntries(
        Object.entries(whole(...options)).filter(([name]) => !control.neuroflowHidden.has(name)),
      );
  }
  for (const name of names) control.neuroflowHidden.add(name);
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

function initialize({ model }) {
  model.on("msg:custom", ({ contents }, buffers) => {
    if (!contents) return;
    for (const [id, name, number] of contents.binary) contents.states[id][name] = buffers[number];
    show(model.widget_manager, contents.states);
  });
  model.send({ ask: "contents" });
  if (globalThis.neuroflowPage) return;
  globalThis.neuroflowPage = true;
  addEventListener("keydown", markKeys, { capture: true });
}

export default { initialize, render() {} };
