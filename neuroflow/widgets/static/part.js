// Loads the script of a control, whose name is above this line: once per page, not with each control.
async function unpacked(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

async function started(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function load(model) {
  const parts = (globalThis.neuroflowParts ??= {});
  parts[NAME] ??= new Promise((resolve, reject) => {
    const receive = (message, [script]) => {
      if (message.part !== NAME) return;
      model.off("msg:custom", receive);
      unpacked(script).then(started).then(resolve, reject);
    };
    model.on("msg:custom", receive);
    model.send({ ask: "part" });
  });
  return parts[NAME];
}

export default { render: async (context) => (await load(context.model)).render(context) };
