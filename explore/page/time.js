// Time: where a run's time goes, block by block, against what the device can do,
// and against another device or precision.

import { get } from "./api.js";
import { choice, digits, errorLine, h, percent, svg, table } from "./dom.js";
import { roofline } from "./roofline.js";
import { on, set, state } from "./state.js";

export function build(panel) {
  const { devices, precisions } = state.session;
  const error = errorLine(), body = h("div", { "aria-live": "polite" });
  const a = { device: state.device, precision: state.precision }, b = { device: "", precision: state.precision };
  let batch = 1, live = false, turn;
  const words = devices.map((d) => [d.word, d.name, !d.computes]), kinds = precisions.map((p) => [p, p]);
  const pick = (text, options, to, name) => choice(text, options, to[name], (v) => { to[name] = v; if (to.device || name === "device") run(); });
  const first = [pick("Device", words, a, "device"), pick("", kinds, a, "precision")];
  first[1].select.setAttribute("aria-label", "Precision");
  const against = [pick("Against", [["", "nothing"], ...words], b, "device"), pick("", kinds, b, "precision")];
  against[1].select.setAttribute("aria-label", "Precision of what it is held against");
  const again = h("button", { type: "button", class: "main", onclick: run }, "Measure");
  const keep = h("button", { type: "button", "aria-pressed": "false", onclick: () => { live = !live; keep.setAttribute("aria-pressed", live); if (live) run(); } }, "Live");
  panel.append(h("div", { class: "row" }, first, against, choice("Batch", [1, 2, 4, 8, 16].map((n) => [n, n]), 1, (v) => { batch = Number(v); run(); }), again, keep), error, body);

  async function run() {
    turn?.abort();
    const { signal } = (turn = new AbortController());
    body.setAttribute("aria-busy", "true");
    if (!body.childElementCount) body.append(h("p", { class: "faint" }, "measuring on the device …"));
    try {
      do {
        const runs = live ? 3 : 10;
        const one = await get("profile", { ...a, batch, runs }, signal);
        const two = b.device ? await get("profile", { ...b, batch, runs }, signal) : null;
        error.say(null);
        draw(body, one, two);
        body.removeAttribute("aria-busy");
      } while (live && !panel.hidden && !signal.aborted);
    } catch (e) {
      if (e.name !== "AbortError") body.removeAttribute("aria-busy");
      error.say(e);
    }
  }
  on(["device", "precision"], () => {
    Object.assign(a, { device: state.device, precision: state.precision });
    first[0].select.value = a.device;
    first[1].select.value = a.precision;
    if (!panel.hidden) run();
  });
  let measured = false;
  return {
    show() { if (!measured || live) { measured = true; run(); } },
    hide() { turn?.abort(); body.removeAttribute("aria-busy"); },
  };
}

const named = (p) => `${p.device}, ${p.precision}`;

function draw(body, one, two) {
  const open = body.querySelector("details")?.open;
  body.replaceChildren(...[
    h("p", { class: "total" }, h("strong", {}, `${digits(one.total_ms)} ms`), ` ${named(one)}, batch ${one.batch}`,
      two && [h("br"), h("strong", { class: "second" }, `${digits(two.total_ms)} ms`), ` ${named(two)}: ${ratio(one.total_ms, two.total_ms)}`]),
    h("h2", {}, "By block"), legend(two, one, two), bars(one, two),
    one.roof && h("h2", {}, "Against the roof"), one.roof && roofline(one),
    h("details", { open }, h("summary", {}, "All figures"), figures(one))].filter(Boolean));
}

const ratio = (x, y) => (y > x ? `${digits(y / x)} times as long` : `${digits(x / y)} times as fast`);

function legend(two, a, b) {
  if (two) return h("p", { class: "keys faint" }, h("span", {}, h("i", { class: "compute" }), named(a)), h("span", {}, h("i", { class: "second" }), named(b)));
  return h("p", { class: "keys faint" }, ["compute", "memory", "latency"].map((k) => h("span", {}, h("i", { class: k }), `bound by ${k}`)), "full colour: the least that the roof allows");
}

/** A bar a block: its time, and in full colour the part that the roof explains. */
function bars(one, two) {
  const most = Math.max(...one.blocks.map((b) => b.ms), ...(two?.blocks ?? []).map((b) => b.ms));
  const width = (ms) => `${100 * ms / most}%`;
  return h("div", { class: "bars", role: "list", "aria-label": "Time by block" }, one.blocks.map((b) => {
    const other = two?.blocks.find((x) => x.name === b.name);
    const pale = h("i", { class: two ? "compute" : `${b.bound || "none"} pale` }), ideal = h("i", { class: b.bound || "none" }), second = h("i", { class: "second" });
    pale.style.width = width(b.ms);
    ideal.style.width = width(b.ms * Math.min(1, b.roof_percent / 100));
    if (other) second.style.width = width(other.ms);
    const text = `${digits(b.ms)} ms${other ? ` | ${digits(other.ms)} ms` : b.bound ? `, ${digits(b.roof_percent)} %` : ""}`;
    return h("div", { role: "listitem" }, h("button", { type: "button", class: "timed", "aria-label": `${b.name}: ${text}`, onclick: () => state.graph.blocks[b.id] && set({ block: b.id, node: null }) },
      h("span", { class: "name" }, b.name), h("span", { class: "track" }, pale, !two && b.bound && ideal, other && second), h("span", { class: "value" }, text)));
  }));
}

function figures(p) {
  return table([["block", "text"], ["ms"], ["p95 ms"], ["share"], ["GFLOP/s"], ["GB/s"], ["of roof"], ["bound by", "text"], ["kernels", "long"]],
    p.blocks.map((b) => [b.name, digits(b.ms), digits(b.p95), percent(b.share), digits(b.gflops), digits(b.gbs), b.bound ? percent(b.roof_percent / 100) : "–", b.bound || "–", b.kernels.join(", ")]));
}
