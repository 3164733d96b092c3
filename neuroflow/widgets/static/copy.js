// A button that copies a text. Where the page may not reach the clipboard (a page over http that is
// not on this computer), the text is shown and selected instead, ready for Ctrl+C.
function legacyCopy(area) {
  area.hidden = false;
  area.focus();
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.className = "jupyter-widgets jupyter-button widget-button";
  button.type = "button";
  const status = document.createElement("span");
  status.className = "nf-dim";
  status.setAttribute("role", "status");
  const area = document.createElement("textarea");
  area.readOnly = true;
  area.hidden = true;
  area.rows = 3;
  area.className = "nf-copied";
  const update = () => {
    button.textContent = model.get("label") ?? ""; // comes as a message
    button.title = model.get("tooltip") ?? "";
    area.setAttribute("aria-label", button.title);
    area.value = model.get("text") ?? "";
    button.disabled = !area.value; // it comes after the button
    area.hidden = true;
    status.textContent = "";
  };
  button.addEventListener("click", async () => {
    let copied = false;
    if (window.isSecureContext && navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(model.get("text"));
        copied = true;
      } catch {
        copied = false; // the browser or the user does not allow it
      }
    }
    if (!copied && legacyCopy(area)) {
      area.hidden = true;
      button.focus();
      copied = true;
    }
    status.textContent = copied ? "Copied." : "The text is selected: press Ctrl+C.";
  });
  model.on("change", update);
  update();
  el.classList.add("nf-copy");
  el.append(button, status, area);
}

export default { render };
