// The net: what is known of the chosen layer or block, or of the whole net.

import { get } from "./api.js";
import { bytes, count, errorLine, extent, h, percent, table, whole } from "./dom.js";
import { open, reveal } from "./net.js";
import { fails, on, set, state, where } from "./state.js";

const programs = new Map();

/** What the planner made of the net for a device and a precision. */
function program(choice) {
  const key = JSON.stringify(choice);
  if (!programs.has(key)) {
    programs.set(key, get("program", choice).catch((error) => { programs.delete(key); throw error; }));
  }
  return programs.get(key);
}

export function build(panel) {
  const error = errorLine(), body = h("div");
  panel.append(error, body);
  let turn = 0;
  async function update() {
    const mine = ++turn;
    draw(body, null);
    try {
      const p = await program(where());
      if (mine !== turn) return;
      error.say(null);
      draw(body, p);
    } catch (e) {
      if (mine !== turn) return;
      error.say(e);
      body.querySelectorAll("[aria-busy]").forEach((x) => x.remove());
    }
  }
  on(["node", "block", "device", "precision", "verdicts"], update);
  on(["node", "block"], () => { if (!panel.hidden) panel.parentElement.scrollTop = 0; });
  update();
}

const link = (node) => h("button", { class: "link", onclick: () => reveal(node) }, state.graph.nodes[node].name);
// What the planner did with a layer, by the lists of api/program.
const fates = {
  folded: "Folded into the weights of the convolution before it", fused: "Fused into the kernel of another layer",
  merged: "Merged with what reads the same tensor into one product", renamed: "Only renamed: nothing runs for it",
};
const positions = (axis) => `${axis.count} of ${axis.of}`;
const listed = (nodes) => nodes.map((n, i) => [i ? ", " : "", link(n)]);
const row = (name, ...value) => [h("dt", {}, name), h("dd", {}, value)];

function draw(body, p) {
  if (state.node != null) body.replaceChildren(...aboutLayer(state.graph.nodes[state.node], p));
  else if (state.block != null) body.replaceChildren(...aboutBlock(state.graph.blocks[state.block], p));
  else body.replaceChildren(...aboutNet(p));
}

function aboutLayer(node, p) {
  const users = state.graph.nodes.filter((n) => n.inputs.includes(node.id));
  const step = p?.steps.find((s) => s.nodes.includes(node.id));
  const verdict = state.verdicts?.get(node.id);
  const fate = Object.keys(fates).find((name) => p?.[name].includes(node.id));
  return [
    h("h2", {}, node.name, " ", h("span", { class: "faint" }, node.class || node.op)),
    h("dl", {},
      row("output", `${extent(node.shape)} `, h("span", { class: "faint" }, node.shape.length === 3 ? "height × width × channels" : "")),
      node.inputs.length > 0 && row("reads", listed(node.inputs)), users.length > 0 && row("read by", listed(users.map((n) => n.id))),
      row("block", h("button", { class: "link", onclick: () => set({ node: null, block: node.block }) }, state.graph.blocks[node.block].name)),
      row("parameters", whole(node.parameters)), row("multiply-accumulates", whole(node.macs)),
      node.details.map(([name, value]) => row(name, value)),
      verdict && row("validated", fails(verdict) ? `✗ wrong ${verdict.place?.where ?? ""}` : "✓ right")),
    h("h2", {}, "On the device"), fate && h("p", {}, `${fates[fate]}.`),
    p ? (step ? aboutStep(step, node) : h("p", {}, p.layerwise ? "The device computes it as it stands, by itself." : "No step computes this layer: the planner needs none.")) : waiting(),
    h("p", { class: "row" }, node.shape.length === 3 && h("button", { class: "main", onclick: () => go("inside") }, "Look inside")),
  ].filter(Boolean);
}

function aboutStep(step, node) {
  const others = step.nodes.filter((n) => n !== node?.id);
  return h("dl", {},
    row("kernel", h("code", {}, step.kernels.join(", ") || "none"), ` ${step.kind}`), others.length > 0 && row(node ? "in one step with" : "layers", listed(others)),
    step.macs > 0 && row("multiply-accumulates", `${count(step.macs)}${step.macs_skipped ? `, ${count(step.macs_skipped)} of them left out` : ""}`),
    step.read && row("computed", `${positions(step.read.rows)} rows × ${positions(step.read.cols)} columns: nobody reads the other positions`),
    row("moves", `at least ${bytes(step.bytes)}`));
}

function aboutBlock(block, p) {
  const steps = p?.steps.filter((s) => s.nodes.some((n) => block.nodes.includes(n)));
  return [
    h("h2", {}, block.name, " ", h("span", { class: "faint" }, `block of ${block.nodes.length} layers`)),
    h("dl", {}, row("output", extent(block.shape)), row("parameters", whole(block.parameters)), row("multiply-accumulates", whole(block.macs)),
      block.halving && row("halves", h("button", { class: "link", onclick: () => go("question") }, "what is read, and what nobody reads"))),
    h("p", { class: "row" }, h("button", { class: "main", onclick: () => open(block.id, true) }, "Open its layers"),
      block.shape.length === 3 && h("button", { onclick: () => go("inside") }, "Look inside")),
    h("h2", {}, "Layers"),
    table([["layer", "text"], ["output"], ["parameters"], ["multiply-acc."]], block.nodes.map((n) => {
      const node = state.graph.nodes[n];
      return [link(n), extent(node.shape), count(node.parameters), count(node.macs)];
    })),
    h("h2", {}, "Steps on the device"),
    steps ? table([["step", "long"], ["kernel", "long"], ["multiply-acc."], ["left out"]], steps.map((s) => [s.name, s.kernels.join(", "), count(s.macs), s.macs_skipped ? count(s.macs_skipped) : "–"])) : waiting(),
  ];
}

function aboutNet(p) {
  const { session, graph } = state;
  return [
    h("h2", {}, session.model.name),
    h("p", {}, "Choose a block or a layer of the graph. Enter or a double click opens a block into its layers; arrows go along the edges."),
    h("dl", {}, row("file", session.model.file), row("layers", `${graph.nodes.length} in ${graph.blocks.length} blocks`),
      row("parameters", whole(session.model.parameters)), row("multiply-accumulates", whole(session.model.macs)), row("computes", session.device.name)),
    h("h2", {}, "What the planner does"), p ? planned(p) : waiting(),
    h("h2", {}, "Blocks"),
    table([["block", "text"], ["output"], ["parameters"], ["multiply-acc."], ["", "text"]], graph.blocks.map((b) => [
      h("button", { class: "link", onclick: () => set({ block: b.id, node: null }) }, b.name), extent(b.shape), count(b.parameters), count(b.macs), b.halving ? "halves" : ""])),
  ];
}

function planned(p) {
  if (p.layerwise) return h("p", {}, "Nothing: this device computes one layer after the other, as the model has them.");
  const saved = p.macs_before ? 1 - p.macs / p.macs_before : 0;
  return h("dl", {}, row("steps", `${p.steps.length} for ${state.graph.nodes.length} layers`),
    row("folded", `${p.folded.length} layers into the convolutions’ weights`), row("fused", `${p.fused.length} layers into other layers’ kernels`), row("merged", `${p.merged.length} layers that read the same tensor`),
    row("left out", saved > 0 ? `${percent(saved)} of the multiply-accumulates: their positions are read by nobody` : "nothing: every position is read"),
    row("memory", `${bytes(p.memory_bytes)} on the device, ${bytes(p.weights_bytes)} of them weights`));
}

const waiting = () => h("p", { class: "faint", "aria-busy": "true" }, "asking the device …");
const go = (panel) => dispatchEvent(new CustomEvent("panel", { detail: panel }));
