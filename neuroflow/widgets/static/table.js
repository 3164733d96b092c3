// A table of many rows: DataTables, as itables packages it, kept in step with the kernel.
// itables' own widget builds the table anew at every change, and search, sort and page are lost;
// here only the rows change.

// The columns of sentences, which wrap; those of names take one line.
const SENTENCES = /^(what to do|message|findings|reason.*)$/;
const SIGNS = { good: "✓", bad: "✗", wait: "…", warn: "!", "": "·" };

// Sent and evaluated once per page, whatever the number of tables; nothing is fetched from a network.
const page = (globalThis.neuroflowTables ??= {});

function library(model) {
  page.loaded ??= new Promise((resolve, reject) => {
    const receive = ({ library }, packed) => {
      if (!library) return;
      model.off("msg:custom", receive);
      Promise.all(packed.map(unpacked)).then(start).then(resolve, reject);
    };
    model.on("msg:custom", receive);
    model.send({ ask: "library" });
  });
  return page.loaded;
}

async function unpacked(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

async function start([script, style]) {
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function shown(value) {
  if (typeof value !== "number") return value ?? "";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

function columns(model, escape) {
  const names = model.get("columns");
  const toned = names.indexOf(model.get("tone_column"));
  const tone = names.length; // stands behind the cells of a row
  const words = (value) => escape(shown(value));
  const mark = (value, row) =>
    `<span class="nf-chip nf-${row[tone] || "plain"}">` +
    `<span aria-hidden="true">${SIGNS[row[tone]]}</span> ${words(value)}</span>`;
  return names.map((name, number) => ({
    data: number,
    title: escape(name),
    type: model.get("numeric")[number] ? "num" : "string",
    className:
      (model.get("numeric")[number] ? "dt-right" : "dt-left") +
      (SENTENCES.test(name) ? " nf-say" : ""),
    render: (value, kind, row) => {
      if (kind !== "display") return value ?? "";
      return number === toned ? mark(value, row) : words(value);
    },
  }));
}

function settings(model, escape, rows) {
  const multiple = model.get("select") === "multiple";
  const found = { selectorModifier: { search: "applied" } };
  const buttons = [
    { extend: "selectAll", text: "Select all found", ...found },
    { extend: "selectNone", text: "Clear selection" },
  ];
  return {
    data: rows,
    columns: columns(model, escape),
    order: [],
    autoWidth: false, // widths measured in a hidden tab would be wrong
    pageLength: model.get("per_page"),
    lengthMenu: [10, 25, 50, 100],
    layout: {
      topStart: multiple ? ["search", { buttons }] : "search",
      topEnd: "pageLength",
      bottomStart: "info",
      bottomEnd: "paging",
    },
    language: {
      search: "Search",
      searchPlaceholder: "words to find",
      lengthMenu: "_MENU_ rows per page",
      info: "Rows _START_ to _END_ of _TOTAL_",
      infoEmpty: "No rows",
      infoFiltered: "(filtered from _MAX_)",
      zeroRecords: "No matching rows.",
      select: { rows: { _: "%d rows selected", 0: "", 1: "1 row selected" } },
    },
    ...(model.get("select") === "none"
      ? {}
      : { select: { style: multiple ? "multi+shift" : "single", keys: true } }),
  };
}

function decorate(model, el, table) {
  el.classList.toggle("nf-few", table.rows().count() <= 10);
  el.classList.toggle("nf-one-page", table.page.info().pages <= 1);
  const search = el.querySelector("input[type=search]");
  search?.setAttribute("aria-label", `Search: ${model.get("caption")}`);
  el.querySelector("nav")?.setAttribute("aria-label", `Pages: ${model.get("caption")}`);
  if (model.get("select") === "none") return;
  const chosen = new Set(model.get("selected"));
  table.rows({ page: "current" }).every(function () {
    this.node().setAttribute("aria-selected", String(chosen.has(this.index())));
  });
}

// Shows the page of a row that was selected elsewhere.
function reveal(model, table) {
  const [first] = model.get("selected");
  const place = table.rows({ search: "applied" }).indexes().toArray().indexOf(first);
  const page = Math.floor(place / table.page.len());
  if (place >= 0 && page !== table.page()) table.page(page).draw(false);
}

async function render({ model, el }) {
  const { jQuery, set_or_remove_dark_class: followTheme } = await library(model);
  const escape = jQuery.fn.dataTable.render.text().display;
  let table = null;
  let rows = null; // come as a message: what is synchronised would be saved in a notebook
  let listening = true; // not to what the kernel itself has chosen
  let due = false;

  function choose() {
    if (model.get("select") === "none") return;
    listening = false;
    table.rows({ selected: true }).deselect();
    table.rows(model.get("selected")).select();
    listening = true;
    decorate(model, el, table);
  }

  // Selecting another row is two events, deselect and select; the kernel is notified once.
  function notify() {
    if (!listening || due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      model.set("selected", table.rows({ selected: true }).indexes().toArray());
      model.save_changes();
    });
  }

  function build() {
    table?.destroy();
    el.replaceChildren();
    const node = document.createElement("table");
    node.className = "display compact";
    node.style.width = "100%";
    if (model.get("select") !== "none") node.setAttribute("role", "grid");
    node.createCaption().textContent = model.get("caption");
    el.append(node);
    table = jQuery(node).DataTable(settings(model, escape, rows));
    table.on("select deselect", notify);
    table.on("draw", () => decorate(model, el, table));
    choose();
    decorate(model, el, table);
  }

  function refill() {
    listening = false;
    table.clear();
    table.rows.add(rows).draw("full-hold");
    choose();
    listening = true;
  }

  function changed() {
    if (table === null) {
      build();
      return;
    }
    const names = model.get("columns");
    const same = table.columns().count() === names.length &&
      names.every((name, number) => table.column(number).title() === escape(name));
    if (same) refill();
    else build();
  }

  el.classList.add("nf-rows");
  followTheme();
  const take = (message) => {
    if (message.rows) {
      rows = message.rows; // the columns were synchronised before
      changed();
    } else if (message.changed && table) {
      for (const [place, row] of message.changed) {
        rows[place] = row;
        table.row(place).data(row);
      }
      listening = false;
      table.draw("full-hold");
      choose();
    }
  };
  let taken = Promise.resolve(); // a long message is unpacked first: the next one waits for it
  const receive = (message, buffers) => {
    taken = taken
      .then(async () => take(message.packed ? JSON.parse(await unpacked(buffers[0])) : message))
      .catch(console.error);
  };
  let starts = model.get("starts");
  const select = () => {
    if (table === null) return;
    choose();
    if (model.get("starts") === starts) reveal(model, table); // no other table begins just now
  };
  const restart = () => {
    table?.page("first").draw("page");
    queueMicrotask(() => (starts = model.get("starts"))); // after all that came with it
  };
  model.on("msg:custom", receive);
  model.on("change:selected", select);
  model.on("change:starts", restart);
  model.send({ ask: "rows" });
  return () => {
    model.off("msg:custom", receive);
    model.off("change:selected", select);
    model.off("change:starts", restart);
    table?.destroy();
  };
}

export default { render };
