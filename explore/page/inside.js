// Inside: the feature maps of a layer, what a position of them sees of the picture,
// and what the answer hangs on; for one picture, or two side by side.

import { get, load } from "./api.js";
import { choice, digits, errorLine, extent, h, whole } from "./dom.js";
import { heat } from "./heat.js";
import { screen } from "./screen.js";
import { on, set, shownNode, state } from "./state.js";
import { strip } from "./strip.js";

const perPage = 24;

export function build(panel) {
  const error = errorLine();
  const view = { page: 0, sort: "strength", channel: null, at: null, pages: 1 };
  const screens = [screen(), screen()];
  const tiles = h("div", { class: "tiles", role: "group", "aria-label": "Feature maps" });
  const large = [0, 1].map(() => h("img", { class: "pixels large", alt: "" }));
  const cross = [0, 1].map(() => h("i", { class: "crosshair", hidden: true }));
  const readout = h("p", { class: "readout", "aria-live": "polite" }), stats = h("p", { class: "faint" });
  const nodes = h("select", { "aria-label": "Layer", onchange: () => pickNode(Number(nodes.value)) });
  const pager = h("span", { class: "faint" });
  const previous = h("button", { type: "button", "aria-label": "Previous page", onclick: () => turnTo(view.page - 1) }, "‹");
  const next = h("button", { type: "button", "aria-label": "Next page", onclick: () => turnTo(view.page + 1) }, "›");
  const sort = choice("by", [["strength", "strength"], ["channel", "channel"]], view.sort, (v) => { view.sort = v; view.channel = null; turnTo(0); });
  const two = h("button", { type: "button", "aria-pressed": "false", onclick: compare }, "Beside another");
  const second = strip("The second picture", () => state.beside, (p) => set({ beside: p }));
  const measure = h("button", { type: "button", onclick: measured }, "Measure what it sees");
  const heats = heat(screens);
  const stage = h("div", { class: "stage", tabindex: 0, role: "application", "aria-label": "The chosen feature map: arrow keys move the position, Enter measures what it sees", onkeydown: keys },
    large.map((image, i) => h("div", { class: "large-box" }, image, cross[i])));
  panel.append(
    h("div", { class: "row" }, h("label", {}, "Layer ", nodes), h("button", { type: "button", "aria-label": "Layer before", onclick: () => stepNode(-1) }, "‹"), h("button", { type: "button", "aria-label": "Layer after", onclick: () => stepNode(1) }, "›"), two),
    strip("Pictures", () => state.picture, (p) => set({ picture: p })), second, error,
    h("div", { class: "inside" },
      h("div", { class: "seen" }, h("h3", {}, "On the picture"), h("div", { class: "screens" }, screens.map((s) => s.element)), h("div", { class: "row" }, measure), heats.element),
      h("div", {}, h("h3", {}, "One channel"), stage, readout, stats)),
    h("div", { class: "row" }, h("h3", {}, "All channels"), sort, h("span", { class: "push" }), previous, pager, next), tiles);

  const spatial = state.graph.nodes.filter((n) => n.shape.length === 3);
  for (const block of state.graph.blocks) {
    const own = spatial.filter((n) => n.block === block.id);
    if (own.length) nodes.append(h("optgroup", { label: block.name }, own.map((n) => h("option", { value: n.id }, `${n.name} ${extent(n.shape)}`))));
  }
  let node = null, showing, values = new Map();

  function pickNode(id) { set({ node: id, block: state.graph.nodes[id].block }); }
  function stepNode(by) {
    const to = spatial[spatial.findIndex((n) => n.id === node.id) + by];
    if (to) pickNode(to.id);
  }
  const turnTo = (page) => { view.page = Math.max(0, Math.min(view.pages - 1, page)); showMaps(); };

  function compare() {
    set({ beside: state.beside ? null : state.pictures.find((p) => p.id !== state.picture?.id) ?? null });
  }

  /** Takes up what is chosen: the layer, the pictures. */
  function update() {
    if (panel.hidden) return;
    let wanted = shownNode();
    if (wanted?.shape.length !== 3) wanted = node ?? spatial.findLast((n) => n.block === 1) ?? spatial[0];
    if (wanted !== node) Object.assign(view, { page: 0, channel: null, at: null });
    node = wanted;
    nodes.value = node?.id;
    two.setAttribute("aria-pressed", Boolean(state.beside));
    second.hidden = !state.beside;
    const { height, width } = state.session.model.input;
    error.say(state.picture ? null : new Error("No picture is chosen: drop one on the page, or choose one under A picture."));
    [state.picture, state.beside].forEach((p, i) => screens[i].show(p, height, width, error));
    large[1].parentElement.hidden = !state.beside;
    values = new Map();
    heats.update();
    showMaps();
  }

  async function showMaps() {
    showing?.abort();
    const { signal } = (showing = new AbortController());
    if (!state.picture || !node) return;
    tiles.setAttribute("aria-busy", "true");
    try {
      const answer = await get(`pictures/${state.picture.id}/maps/${node.id}`, { page: view.page, per: perPage, sort: view.sort, device: state.device, precision: state.precision }, signal);
      error.say(null);
      view.pages = Math.max(1, answer.pages);
      pager.textContent = `${view.page * perPage + 1}–${Math.min((view.page + 1) * perPage, answer.total)} of ${whole(answer.total)}`;
      previous.disabled = view.page === 0;
      next.disabled = view.page >= answer.pages - 1;
      tiles.replaceChildren(...answer.channels.map((c) => tile(c, signal)));
      const chosen = answer.channels.find((c) => c.channel === view.channel) ?? answer.channels[0];
      if (chosen) choose(chosen, signal);
    } catch (e) {
      error.say(e);
    }
    if (!signal.aborted) tiles.removeAttribute("aria-busy");
  }

  function tile(c, signal) {
    const images = [state.picture, state.beside].filter(Boolean).map((p) => {
      const image = h("img", { class: "pixels", alt: "" });
      load(image, `pictures/${p.id}/maps/${node.id}/${c.channel}.png`, { device: state.device, precision: state.precision }, signal).catch((e) => error.say(e));
      follow(image, () => { if (view.channel !== c.channel) choose(c, signal); });
      return image;
    });
    return h("button", { type: "button", class: "tile", "data-channel": c.channel, "aria-pressed": "false", "aria-label": `channel ${c.channel}, ${digits(c.min)} to ${digits(c.max)}`, onclick: () => choose(c, signal) },
      h("span", { class: "pair" }, images), h("span", { class: "name" }, `${c.channel}`));
  }

  /** Makes the cursor over a map the position that is shown. */
  function follow(image, before) {
    image.addEventListener("pointermove", (e) => {
      before?.();
      const r = image.getBoundingClientRect(), [height, width] = node.shape;
      point({ y: Math.max(0, Math.min(height - 1, Math.floor((e.clientY - r.top) / r.height * height))), x: Math.max(0, Math.min(width - 1, Math.floor((e.clientX - r.left) / r.width * width))) });
    });
  }
  large.forEach((image) => { follow(image); image.addEventListener("click", measured); });

  function choose(c, signal) {
    view.channel = c.channel;
    for (const t of tiles.children) t.setAttribute("aria-pressed", Number(t.dataset.channel) === c.channel);
    stats.textContent = `channel ${c.channel}: ${digits(c.min)} to ${digits(c.max)}, mean ${digits(c.mean)}; black is its least value`;
    [state.picture, state.beside].forEach((p, i) => {
      if (!p) return;
      large[i].alt = `channel ${c.channel} of ${node.name} for ${p.name}`;
      load(large[i], `pictures/${p.id}/maps/${node.id}/${c.channel}.png`, { device: state.device, precision: state.precision }, signal).catch((e) => error.say(e));
    });
    point(view.at ?? { y: Math.floor(node.shape[0] / 2), x: Math.floor(node.shape[1] / 2) });
  }

  let pointing = 0;
  /** Shows a position: its value, and its receptive field on the pictures. */
  async function point(at) {
    if (view.at?.y === at.y && view.at?.x === at.x && readout.dataset.for === keyOf()) return;
    view.at = at;
    readout.dataset.for = keyOf();
    const mine = ++pointing, channel = view.channel, { signal } = showing;
    const [height, width] = node.shape;
    cross.forEach((c) => {
      Object.assign(c.style, { left: `${100 * at.x / width}%`, top: `${100 * at.y / height}%`, width: `${100 / width}%`, height: `${100 / height}%` });
      c.hidden = false;
    });
    for (const s of screens) s.influence(null);
    try {
      const [field, ...read] = await Promise.all([fieldAt(node.id, at), ...[state.picture, state.beside].filter(Boolean).map((p) => valuesOf(p, channel, signal))]);
      if (mine !== pointing) return;
      for (const s of screens) s.field(field);
      readout.replaceChildren(h("strong", {}, read.map((v) => digits(v.values[at.y * v.width + at.x])).join(" | ")), ` at row ${at.y}, column ${at.x}; ${field.whole ? "may see the whole picture" : `sees ${field.height} × ${field.width} pixels: rows ${field.y0} to ${field.y1}, columns ${field.x0} to ${field.x1}`}`);
    } catch (e) {
      error.say(e);
    }
  }
  const keyOf = () => `${node.id} ${view.channel} ${state.picture?.id} ${state.beside?.id} ${state.device} ${state.precision}`;

  const fields = new Map();
  function fieldAt(id, { y, x }) {
    const key = `${id} ${y} ${x}`;
    if (!fields.has(key)) {
      if (fields.size > 2000) fields.clear();
      fields.set(key, get(`field/${id}`, { y, x }).catch((e) => { fields.delete(key); throw e; }));
    }
    return fields.get(key);
  }

  function valuesOf(p, channel, signal) {
    const key = `${p.id} ${channel}`;
    if (!values.has(key)) {
      if (values.size > 64) values.clear();
      const kept = values;
      kept.set(key, get(`pictures/${p.id}/values/${node.id}`, { channel, device: state.device, precision: state.precision }, signal).catch((e) => { kept.delete(key); throw e; }));
    }
    return values.get(key);
  }

  /** Asks the device what really changes the chosen element. */
  async function measured() {
    if (!view.at || view.channel == null) return;
    measure.disabled = true;
    const mine = pointing;
    try {
      const pictures = [state.picture, state.beside];
      for (let i = 0; i < 2; i++) {
        if (!pictures[i]) continue;
        const answer = await get(`pictures/${pictures[i].id}/field/${node.id}`, { ...view.at, channel: view.channel, device: state.device, precision: state.precision });
        if (mine === pointing) screens[i].influence(answer);
      }
      error.say(null);
    } catch (e) {
      error.say(e);
    }
    measure.disabled = false;
  }

  function keys(e) {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    if (by && view.at) {
      e.preventDefault();
      point({ y: Math.max(0, Math.min(node.shape[0] - 1, view.at.y + by[0])), x: Math.max(0, Math.min(node.shape[1] - 1, view.at.x + by[1])) });
    } else if (e.key === "Enter") measured();
  }

  on(["node", "block", "picture", "beside", "device", "precision"], update);
  return { show: update };
}
