// The graph: what api/graph laid out, drawn as SVG that scrolls and zooms.
// The sheet scrolls as browsers scroll, off the main thread; zooming changes the
// extent of the drawing, so that letters stay sharp.

import { get } from "./api.js";
import { errorLine, extent, h, svg } from "./dom.js";
import { kinds, kindOf } from "./kinds.js";
import { fails, on, set, state } from "./state.js";

const least = 0.02, most = 3, step = 1.25;
const above = 16; // room for a frame's name over the first box
const opened = new Set();
const boxes = new Map(); // "layer 3" -> {element, box}
const sheet = h("div", { class: "sheet" });
const error = errorLine();
let drawing, scale = 0, fitted = true, current = "", request = 0;

const keyOf = (box) => `${box.kind} ${box.id}`;

/** Builds the section and draws what was loaded before. */
export function start(section, first) {
  const names = h("datalist", { id: "layers" });
  const find = h("input", { type: "search", placeholder: "Find a layer", "aria-label": "Find a layer", list: "layers", onchange: () => { search(find.value); find.value = ""; } });
  const tool = (text, label, call) => h("button", { type: "button", title: label, "aria-label": label, onclick: call }, text);
  section.append(
    h("div", { class: "tools", role: "toolbar", "aria-label": "Graph" }, find, names,
      tool("−", "Zoom out", () => zoom(scale / step)), tool("+", "Zoom in", () => zoom(scale * step)),
      tool("Fit", "Fit the whole net", fitAll), tool("Open all", "Open all blocks", () => openAll(true)), tool("Close", "Close all blocks", () => openAll(false))),
    error, sheet,
    h("div", { class: "legend", "aria-hidden": "true" }, kinds.map(([kind, text]) => h("span", { class: kind }, h("i"), text))));
  set({ graph: first });
  draw(first.layout);
  names.append(...first.blocks.map((b) => h("option", { value: b.name })), ...first.nodes.map((n) => h("option", { value: n.name })));

  sheet.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    zoom(scale * Math.exp(-e.deltaY / 300), e);
  }, { passive: false });
  sheet.addEventListener("keydown", keys);
  drag();
  new ResizeObserver(() => { if (fitted && sheet.clientWidth) fit(); }).observe(sheet);
  on(["node", "block"], choose);
  on(["verdicts"], mark);
}

/** Draws a layout and keeps the scale. */
function draw({ width, height, boxes: list, frames = [], edges }) {
  boxes.clear();
  drawing = svg("svg", { viewBox: `0 ${-above} ${width} ${height + above}`, role: "group", "aria-label": "Blocks and layers, from the picture to the answer" },
    svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" }, svg("path", { class: "arrow", d: "M0 0L8 4L0 8z" }))),
    frames.map(frame), edges.map((e, i) => svg("path", { class: "edge", d: curve(e.points), "marker-end": "url(#arrow)", "data-edge": i })), list.map(boxOf));
  drawing.layout = { width, height, edges, list };
  sheet.replaceChildren(drawing);
  if (fitted) fit(); else resize();
  choose();
  mark();
}

function frame(f) {
  const block = state.graph.blocks[f.block];
  return svg("g", {},
    svg("rect", { class: "frame", x: f.x, y: f.y, width: f.width, height: f.height, rx: 8 }),
    toggle(f.x, f.y - 21, block, true), svg("text", { class: "frame-name", x: f.x + 24, y: f.y - 7 }, block.name));
}

/** The button that opens a block into its layers, or closes it. */
function toggle(x, y, block, isOpen) {
  const act = (e) => { e.stopPropagation(); open(block.id, !isOpen); };
  return svg("g", { class: "toggle", transform: `translate(${x} ${y})`, onclick: act, ondblclick: (e) => e.stopPropagation() },
    svg("title", {}, `${isOpen ? "close" : "open"} ${block.name}`),
    svg("rect", { width: 18, height: 18, rx: 4 }), svg("path", { d: isOpen ? "M5 9h8" : "M5 9h8M9 5v8" }));
}

function boxOf(box) {
  const isBlock = box.kind === "block";
  const node = isBlock ? null : state.graph.nodes[box.id];
  const block = isBlock ? state.graph.blocks[box.id] : null;
  const room = Math.floor((box.width - (isBlock ? 46 : 20)) / 7.2);
  const short = (text, letters) => (text.length > letters ? `${text.slice(0, Math.max(0, letters - 1))}…` : text);
  const [what, size] = box.sub.split("  "), name = short(box.label, room); // what a layer does, and the extent that it makes
  const below = size ? `${short(what, Math.floor((box.width - 24) / 6.2) - size.length - 1)} ${size}` : what;
  const shape = extent(isBlock ? block.shape : node.shape);
  const element = svg("g", {
    class: `box ${box.kind} ${isBlock ? "other" : kindOf(node.op)}`, transform: `translate(${box.x} ${box.y})`, role: "button", tabindex: -1,
    "aria-label": isBlock ? `block ${box.label}, ${block.nodes.length} layers, ${shape}${block.halving ? ", halves the feature map" : ""}` : `${box.label}, ${node.op}, ${shape}`,
    "aria-expanded": isBlock ? "false" : null,
    onclick: () => pick(box), ondblclick: () => isBlock && open(box.id, true), onfocus: () => { current = keyOf(box); roam(); },
  },
  svg("title", {}, `${box.label}\n${box.sub}`),
  svg("rect", { class: "face", width: box.width, height: box.height, rx: 6 }),
  !isBlock && svg("path", { class: "stripe", d: `M6 0h-0a6 6 0 0 0 -6 6v${box.height - 12}a6 6 0 0 0 6 6z` }),
  svg("text", { x: 14, y: box.height / 2 - 3 }, name, block?.halving && svg("tspan", { class: "mark", dx: 7 }, "½")),
  svg("text", { class: "sub", x: 14, y: box.height / 2 + 13 }, below),
  svg("text", { class: "verdict", x: box.width - (isBlock ? 32 : -3), y: isBlock ? box.height / 2 + 5 : 7 }),
  isBlock && toggle(box.width - 26, box.height / 2 - 9, block, false));
  boxes.set(keyOf(box), { element, box });
  return element;
}

/** A path through points with rounded corners. */
function curve(points) {
  const [first, ...rest] = points;
  let d = `M${first[0]} ${first[1]}`;
  rest.forEach(([x, y], i) => {
    const next = rest[i + 1];
    if (!next) { d += `L${x} ${y}`; return; }
    const [px, py] = i ? rest[i - 1] : first;
    const before = Math.hypot(x - px, y - py), after = Math.hypot(next[0] - x, next[1] - y), r = Math.min(10, before / 2, after / 2);
    if (r < 0.5) { d += `L${x} ${y}`; return; }
    d += `L${x - (x - px) / before * r} ${y - (y - py) / before * r}Q${x} ${y} ${x + (next[0] - x) / after * r} ${y + (next[1] - y) / after * r}`;
  });
  return d;
}

function resize() {
  drawing.setAttribute("width", drawing.layout.width * scale);
  drawing.setAttribute("height", (drawing.layout.height + above) * scale);
}

/** As wide as the sheet, but no larger than letters want to be. */
function fit() {
  scale = Math.max(least, Math.min(1, (sheet.clientWidth - 20) / drawing.layout.width, most));
  if (scale < 0.5) scale = 0.5;
  fitted = true;
  resize();
}

function fitAll() {
  zoom(Math.min((sheet.clientWidth - 16) / drawing.layout.width, (sheet.clientHeight - 16) / (drawing.layout.height + above), 1));
}

/** Zooms around a pointer, or around the middle. */
function zoom(to, at) {
  const r = sheet.getBoundingClientRect(), before = drawing.getBoundingClientRect();
  const x = at ? at.clientX : r.left + r.width / 2, y = at ? at.clientY : r.top + r.height / 2;
  const u = (x - before.left) / scale, v = (y - before.top) / scale;
  scale = Math.max(least, Math.min(most, to));
  fitted = false;
  resize();
  const after = drawing.getBoundingClientRect();
  sheet.scrollLeft += after.left + u * scale - x;
  sheet.scrollTop += after.top + v * scale - y;
}

/** Dragging with a mouse or a pen scrolls; two fingers zoom. */
function drag() {
  const down = new Map();
  let moved = 0, spread = 0;
  sheet.addEventListener("pointerdown", (e) => {
    down.set(e.pointerId, e);
    moved = 0;
    const [a, b] = [...down.values()];
    spread = b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  });
  sheet.addEventListener("pointermove", (e) => {
    const last = down.get(e.pointerId);
    if (!last) return;
    down.set(e.pointerId, e);
    const [a, b] = [...down.values()];
    if (b) {
      const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (spread) zoom(scale * now / spread, { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
      spread = now;
      return;
    }
    if (e.pointerType === "touch") return; // the browser scrolls
    moved += Math.abs(e.clientX - last.clientX) + Math.abs(e.clientY - last.clientY);
    if (moved > 4 && !sheet.classList.contains("held")) {
      sheet.classList.add("held");
      sheet.setPointerCapture(e.pointerId);
    }
    if (moved > 4) sheet.scrollBy(last.clientX - e.clientX, last.clientY - e.clientY);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    sheet.addEventListener(end, (e) => { down.delete(e.pointerId); sheet.classList.remove("held"); });
  }
  sheet.addEventListener("click", (e) => { if (moved > 4) e.stopPropagation(); }, true);
}

function pick(box) {
  if (box.kind === "block") set({ block: box.id, node: null });
  else set({ node: box.id, block: state.graph.nodes[box.id].block });
}

/** Opens or closes a block, which stays where it is on the screen. */
export async function open(id, isOpen) {
  if (isOpen) opened.add(id); else opened.delete(id);
  await reload(() => place(id));
}

async function openAll(isOpen) {
  opened.clear();
  if (isOpen) state.graph.blocks.forEach((b) => opened.add(b.id));
  await reload(() => ({ x: 0, y: 0, key: null }));
}

/** Where a block, open or not, lies on the screen: by its box, or its first layer's. */
function place(id) {
  const found = boxes.get(`block ${id}`) ?? boxes.get(`layer ${state.graph.blocks[id].nodes[0]}`);
  const r = found.element.getBoundingClientRect();
  return { x: r.left + r.width / 2, y: r.top };
}

async function reload(where) {
  const mine = ++request;
  try {
    const all = opened.size === state.graph.blocks.length;
    const graph = await get("graph", { open: all ? "all" : [...opened].join(",") });
    if (mine !== request) return;
    const before = where(), focused = sheet.contains(document.activeElement);
    set({ graph });
    draw(graph.layout);
    if (before.key === null) { fit(); sheet.scrollTo(0, 0); } else {
      const after = where();
      sheet.scrollBy(after.x - before.x, after.y - before.y);
    }
    if (focused) focusOn(currentBox());
    error.say(null);
  } catch (e) {
    if (mine === request) error.say(e);
  }
}

/** The element of a node: its own box, or its block's. */
function elementOf(node) {
  return boxes.get(`layer ${node}`) ?? boxes.get(`block ${state.graph.nodes[node].block}`);
}

function currentBox() {
  const [kind, id] = current.split(" ");
  if (boxes.has(current)) return boxes.get(current);
  if (kind === "block") return boxes.get(`layer ${state.graph.blocks[id]?.nodes[0]}`);
  return kind === "layer" ? elementOf(Number(id)) : boxes.values().next().value;
}

function focusOn(found) {
  found?.element.focus({ preventScroll: true });
  found?.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** One box is in the order of Tab: the current one. */
function roam() {
  for (const { element } of boxes.values()) element.setAttribute("tabindex", -1);
  currentBox()?.element.setAttribute("tabindex", 0);
}

/** Marks what is chosen, and the edges at it. */
function choose() {
  const chosen = state.node != null ? elementOf(state.node) : state.block != null ? boxes.get(`block ${state.block}`) : null;
  for (const found of boxes.values()) found.element.setAttribute("aria-pressed", found === chosen);
  if (chosen) current = keyOf(chosen.box);
  roam();
  const index = chosen ? drawing.layout.list.indexOf(chosen.box) : -1;
  drawing.querySelectorAll(".edge").forEach((path) => {
    const e = drawing.layout.edges[path.dataset.edge];
    path.classList.toggle("near", e.from === index || e.to === index);
  });
}

/** Shows a node in the drawing, opening its block. */
export async function reveal(node) {
  const block = state.graph.nodes[node].block;
  if (!opened.has(block)) await open(block, true);
  set({ node, block });
  elementOf(node)?.element.scrollIntoView({ block: "center", inline: "center" });
}

function search(text) {
  if (!text) return;
  const wanted = text.toLowerCase();
  const named = (list) => list.find((x) => x.name.toLowerCase() === wanted) ?? list.find((x) => x.name.toLowerCase().includes(wanted));
  const block = state.graph.blocks.find((b) => b.name.toLowerCase() === wanted);
  const node = named(state.graph.nodes);
  if (block) {
    set({ block: block.id, node: null });
    (boxes.get(`block ${block.id}`) ?? elementOf(block.nodes[0])).element.scrollIntoView({ block: "center", inline: "center" });
  } else if (node) reveal(node.id);
  else error.say(new Error(`no layer is called ${text}`));
  if (block || node) error.say(null);
}

/** What validate said: wrong layers, and right ones, in the drawing. */
function mark() {
  const verdictOf = ({ kind, id }) => {
    const nodes = kind === "layer" ? [id] : state.graph.blocks[id].nodes;
    const known = nodes.map((n) => state.verdicts?.get(n)).filter(Boolean);
    if (!known.length) return "";
    return known.some(fails) ? "wrong" : "right";
  };
  for (const { element, box } of boxes.values()) {
    const verdict = verdictOf(box);
    element.classList.toggle("wrong", verdict === "wrong");
    element.classList.toggle("right", verdict === "right");
    element.querySelector(".verdict").textContent = { wrong: "✗", right: "✓", "": "" }[verdict];
  }
}

/** Up and down along the edges, left and right among what stands side by side. */
function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const zooms = { "+": scale * step, "=": scale * step, "-": scale / step }[e.key];
  if (zooms) { zoom(zooms); e.preventDefault(); return; }
  if (e.key === "0") { fitAll(); e.preventDefault(); return; }
  const at = boxes.get(current);
  if (!at || !sheet.contains(document.activeElement)) return;
  const { list, edges } = drawing.layout, index = list.indexOf(at.box);
  const middle = (b) => b.x + b.width / 2;
  const nearest = (candidates) => candidates.sort((a, b) => Math.abs(middle(a) - middle(at.box)) - Math.abs(middle(b) - middle(at.box)))[0];
  const beside = (sign) => nearest(list.filter((b) => sign * (middle(b) - middle(at.box)) > 1 && b.y < at.box.y + at.box.height && at.box.y < b.y + b.height));
  const to = {
    ArrowDown: () => nearest(edges.filter((x) => x.from === index).map((x) => list[x.to])),
    ArrowUp: () => nearest(edges.filter((x) => x.to === index).map((x) => list[x.from])),
    ArrowLeft: () => beside(-1), ArrowRight: () => beside(1), Home: () => list[0], End: () => list.at(-1),
  }[e.key];
  if (to) {
    const box = to();
    if (box) focusOn(boxes.get(keyOf(box)));
    e.preventDefault();
  } else if (e.key === "Enter" && at.box.kind === "block") {
    pick(at.box);
    open(at.box.id, true);
    e.preventDefault();
  } else if (e.key === "Enter" || e.key === " ") {
    pick(at.box);
    e.preventDefault();
  } else if (e.key === "Escape" && at.box.kind === "layer") {
    const block = state.graph.nodes[at.box.id].block;
    current = `block ${block}`;
    open(block, false);
    e.preventDefault();
  }
}
