// A button that saves a file of the program's computer on that of the page: piece by piece, each
// asked for once the last one is there.
function render({ model, el }) {
  const button = document.createElement("button");
  button.className = "jupyter-widgets jupyter-button widget-button";
  button.type = "button";
  const status = document.createElement("span");
  status.className = "nf-dim";
  status.setAttribute("role", "status");
  let pieces = null; // while a file is on its way
  const update = () => {
    button.textContent = model.get("label") ?? ""; // comes as a message
    button.title = model.get("tooltip") ?? "";
  };
  const end = (words) => {
    pieces = null;
    button.disabled = false;
    status.textContent = words;
  };
  const save = (name) => {
    const link = document.createElement("a");
    link.download = name;
    link.href = URL.createObjectURL(new Blob(pieces));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  const take = ({ piece, size, name, failed }, [data]) => {
    if (!pieces || (piece === undefined && !failed)) return;
    if (failed) return end(failed);
    pieces.push(data);
    const there = piece + data.byteLength;
    status.textContent = `${Math.floor((100 * there) / Math.max(size, 1))} %`;
    if (there < size) return model.send({ ask: "piece", from: there });
    save(name);
    end("Downloaded.");
  };
  button.addEventListener("click", () => {
    pieces = [];
    button.disabled = true;
    model.send({ ask: "piece", from: 0 });
  });
  model.on("change", update);
  model.on("msg:custom", take);
  update();
  el.append(button, status);
  return () => model.off("msg:custom", take);
}

export default { render };
