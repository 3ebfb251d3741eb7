// The heat map: which parts of the picture a class's score hangs on.

import { get, load, post } from "./api.js";
import { choice, errorLine, h, percent } from "./dom.js";
import { state, where } from "./state.js";

/** The controls; the map lies over the screens. */
export function heat(screens) {
  const error = errorLine(), says = h("p", { class: "faint", "aria-live": "polite" });
  const { cam, classes } = state.session.model;
  let method = cam ? "cam" : "occlusion", alpha = 0.6, wanted = "", turn, active = false;
  const methods = choice("Heat map", [["occlusion", "occlusion"], ["cam", "class activation", !cam]], method, (v) => { method = v; again(); });
  const kinds = choice("of", [["", "the top class"]], "", (v) => { wanted = v; again(); });
  const slide = h("input", { type: "range", min: 0, max: 1, step: 0.05, value: alpha, "aria-label": "Opacity of the heat map", oninput: () => {
    alpha = Number(slide.value);
    for (const s of screens) s.heat.style.opacity = alpha;
  } });
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => { active = !active; update(); } }, "Show");
  const element = h("div", { class: "heat" }, h("div", { class: "row" }, methods, kinds), h("div", { class: "row" }, button, slide), error, says);

  function again() { active = true; update(); }

  async function update() {
    turn?.abort();
    turn = new AbortController();
    const { signal } = turn;
    button.setAttribute("aria-pressed", active);
    for (const s of screens) s.heat.hidden = true;
    says.textContent = "";
    error.say(null);
    if (!active) return;
    says.textContent = "asking the device …";
    try {
      const said = [];
      for (const s of screens) {
        if (!s.picture) continue;
        const query = { method, class: wanted, ...where() };
        const [answer, top] = [await get(`pictures/${s.picture.id}/heat`, query, signal), await post(`pictures/${s.picture.id}/classify`, { ...where(), top: 10 }, undefined, signal)];
        if (s === screens[0]) offer(top.classes);
        await load(s.heat, `pictures/${s.picture.id}/heat.png`, query, signal);
        s.influence(null);
        s.heat.style.opacity = alpha;
        s.heat.hidden = false;
        said.push(`${answer.label}: ${answer.says}`);
      }
      says.textContent = said.join(" | ");
    } catch (e) {
      if (e.name !== "AbortError") says.textContent = "";
      error.say(e);
    }
  }

  /** Offers the classes that the net thinks of. */
  function offer(top) {
    kinds.select.replaceChildren(h("option", { value: "" }, "the top class"), ...top.map((c) => h("option", { value: c.index }, `${c.label} (${percent(Number(c.probability))})`)));
    if (wanted !== "" && !top.some((c) => String(c.index) === wanted)) kinds.select.append(h("option", { value: wanted }, wanted));
    kinds.select.value = wanted;
  }
  if (classes === 1) kinds.hidden = true;
  return { element, update };
}
