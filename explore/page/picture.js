// A picture: what the net makes of it, and what it got to see.

import { load, post } from "./api.js";
import { camera } from "./camera.js";
import { digits, errorLine, extent, h, percent } from "./dom.js";
import { on, set, state, where } from "./state.js";
import { add, forget, isSample, strip } from "./strip.js";

export function build(panel) {
  const error = errorLine(), answer = h("div", { class: "answer", "aria-live": "polite" });
  const file = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: async () => {
    try { await add(file.files); error.say(null); } catch (e) { error.say(e); }
    file.value = "";
  } });
  const original = h("img", { alt: "the picture as it is" }), input = h("img", { class: "pixels", alt: "what the net got" });
  const captions = [h("figcaption"), h("figcaption")];
  const drop = h("button", { type: "button", onclick: async () => { try { await forget(state.picture); } catch (e) { error.say(e); } } }, "Remove");
  const live = camera({ error, answered: (a) => bars(answer, a), stopped: () => update() });
  const still = h("div", { class: "sides" }, h("figure", {}, original, captions[0]), h("figure", {}, input, captions[1]));
  panel.append(
    h("div", { class: "row" }, h("button", { type: "button", class: "main", onclick: () => file.click() }, "Choose pictures"), file, live.button, drop,
      h("span", { class: "faint" }, "or drop them anywhere, or paste one")),
    strip("Pictures", () => state.picture, (p) => { live.stop(); set({ picture: p }); }), error, live.stage, still,
    h("p", { class: "faint small" }, `${state.session.model.preprocessing.resize_call}, then ${state.session.model.preprocessing.preset_call}`),
    h("p", { class: "honest", hidden: state.session.model.trained }, "The weights are not trained: what the net answers means nothing."), answer);

  let turn;
  async function update() {
    turn?.abort();
    const p = state.picture, { signal } = (turn = new AbortController());
    still.hidden = !p || live.running();
    drop.disabled = !p || isSample(p);
    if (!p) answer.replaceChildren(h("p", { class: "faint" }, "Choose a picture, drop one anywhere on this page, paste one, or turn the camera on."));
    if (!p || live.running()) return;
    answer.setAttribute("aria-busy", "true");
    const { model } = state.session, { height, width, channels } = model.input;
    captions[0].textContent = p.width ? `${p.name}: ${p.width} × ${p.height} pixels` : p.name;
    captions[1].textContent = `what the net got: ${extent([height, width, channels])}`;
    try {
      const classified = post(`pictures/${p.id}/classify`, { ...where(), top: 5 }, undefined, signal).then((a) => bars(answer, a));
      await Promise.all([classified, load(original, `pictures/${p.id}/original.png`, {}, signal), load(input, `pictures/${p.id}/input.png`, {}, signal)]);
      error.say(null);
    } catch (e) {
      if (e.name !== "AbortError") answer.replaceChildren();
      error.say(e);
    }
    if (!signal.aborted) answer.removeAttribute("aria-busy");
  }
  on(["picture", "device", "precision"], update);
  update();
  return { hide: () => live.stop() };
}

/** The classes as bars. */
function bars(answer, { classes, ms, device, precision, score }) {
  answer.replaceChildren(
    h("table", { class: "classes" }, h("tbody", {}, classes.map((c, i) => {
      const share = Number(c.probability), fill = h("i");
      fill.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
      return h("tr", { class: i === 0 ? "best" : null }, h("th", { scope: "row", class: "text" }, c.label), h("td", { class: "bar" }, fill), h("td", {}, score && score !== "probability" ? digits(share) : percent(share)));
    }))),
    h("p", { class: "faint" }, `${digits(ms)} ms on ${device}${precision ? `, ${precision}` : ""}`));
}
