// Trust: validate, run from here. What fails is marked in the graph.

import { load, stream } from "./api.js";
import { choice, digits, errorLine, h, table } from "./dom.js";
import { reveal } from "./net.js";
import { fails, set, state } from "./state.js";

export function build(panel) {
  const error = errorLine(), bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Progress of validate" }), says = h("p", { class: "faint", "aria-live": "polite" }), body = h("div");
  let device = state.device, turn = null;
  const start = h("button", { type: "button", class: "main", onclick: run }, "Validate");
  const stop = h("button", { type: "button", hidden: true, onclick: () => turn?.abort() }, "Stop");
  panel.append(
    h("h2", {}, "Does the device compute this net right?"),
    h("p", {}, "Every layer is judged alone, fed with the right inputs, and in its place, against plain loops in float64. What fails is marked in the graph."),
    h("div", { class: "row" }, choice("Device", state.session.devices.map((d) => [d.word, d.name, !d.computes]), device, (v) => { device = v; }), start, stop), bar, says, error, body);

  async function run() {
    turn = new AbortController();
    start.disabled = true;
    stop.hidden = bar.hidden = false;
    bar.removeAttribute("value");
    body.replaceChildren();
    set({ verdicts: null });
    error.say(null);
    try {
      let result = null;
      for await (const line of stream("validate", { device, picture: state.picture?.id }, turn.signal)) {
        if (line.result) result = line.result;
        else progress(line.progress);
      }
      if (!result) throw new Error("validate ended without a result: run vkeras validate");
      set({ verdicts: new Map(result.layers.flatMap((l) => [...l.nodes, l.node].map((n) => [n, l]))) });
      body.replaceChildren(...report(result, error));
      says.textContent = "";
    } catch (e) {
      says.textContent = e.name === "AbortError" ? "stopped" : "";
      error.say(e);
    }
    start.disabled = false;
    stop.hidden = bar.hidden = true;
    turn = null;
  }

  function progress({ phase, done, total }) {
    if (total) bar.value = done / total;
    says.textContent = `${phase}: ${done} of ${total}`;
  }
}

const verdicts = { passed: "right", failed: "wrong by itself", drifted: "wrong in its place", renamed: "nothing runs" };

function report(result, error) {
  const wrong = result.layers.filter(fails);
  const map = h("div", { class: "error-map", "aria-live": "polite" });
  const rows = [...wrong, ...result.layers.filter((l) => !fails(l))].map((l) => {
    const show = () => { for (const r of rows) r.setAttribute("aria-selected", r === row); reveal(l.node); where(map, l, error); };
    const row = h("tr", { tabindex: 0, "aria-selected": "false", class: fails(l) ? "wrong" : null, onclick: show, onkeydown: (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); show(); } } },
      h("td", { class: "text" }, fails(l) ? "✗" : "✓"), h("td", { class: "text" }, l.name), h("td", { class: "text" }, verdicts[l.verdict] ?? l.verdict), h("td", {}, digits(l.max_abs)), h("td", {}, digits(l.nmse)), h("td", {}, digits(l.tolerance?.nmse)), h("td", { class: "long" }, l.kernels.join(", ")));
    return row;
  });
  return [
    h("p", { class: result.passed ? "passes" : "error", role: "status" }, result.passed ? `✓ all ${result.layers.length} layers are right on ${result.device}, with ${result.input}, judged by ${result.judge}` : `✗ ${wrong.length} of ${result.layers.length} layers are wrong on ${result.device}`),
    map, table([["", "text"], ["layer", "text"], ["verdict", "text"], ["max |error|"], ["NMSE"], ["allowed"], ["kernel", "long"]], rows)];
}

/** The error map of a layer, and where it is worst. */
function where(place, l, error) {
  const { first } = l;
  place.replaceChildren(h("h3", {}, l.name),
    ...[l.place && h("p", {}, `Where: ${l.place.kind}${l.place.where ? `, ${l.place.where}` : ""}. ${l.place.cause}`), l.cause && l.cause !== l.place?.cause && h("p", {}, l.cause),
      first && h("p", { class: "faint" }, `worst at (${first.at.join(", ")}): got ${first.got}, want ${first.want}`)].filter(Boolean));
  if (!l.map) return;
  const image = h("img", { class: "pixels", alt: `where ${l.name} is wrong, and by how much`, hidden: true });
  place.append(image);
  load(image, `validate/maps/${l.node}.png`).then(() => { image.hidden = false; }).catch((e) => error.say(e));
}
