// The page: loads what it needs first, the graph before everything else, and shows
// one panel at a time, which loads what it shows when it is shown.

import { get } from "./api.js";
import { count, errorLine, extent, h, whole } from "./dom.js";
import * as net from "./net.js";
import { set, state } from "./state.js";
import { takeDrops } from "./strip.js";

const panels = {
  net: () => import("./layer.js"),
  picture: () => import("./picture.js"),
  inside: () => import("./inside.js"),
  question: () => import("./question.js"),
  time: () => import("./time.js"),
  trust: () => import("./trust.js"),
};
const tabs = [...document.querySelectorAll(".tabs [role=tab]")];
const shown = {};

/** Says what fails, or with null that nothing does. */
function fault(error) {
  const line = document.getElementById("fault");
  line.textContent = error?.message ?? "";
  line.hidden = !error;
}

/** Shows a panel; the first time it is built. */
async function show(name) {
  document.querySelector(".desk").dataset.panel = name;
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  history.replaceState(null, "", `#${name}`);
  const panel = document.getElementById(`panel-${name}`);
  panel.parentElement.scrollTop = 0; // panels share one scroll
  try {
    shown[name] ??= panels[name]().then((module) => module.build(panel));
    panel.setAttribute("aria-busy", "true");
    const built = await shown[name];
    panel.removeAttribute("aria-busy");
    if (!panel.hidden) built?.show?.();
  } catch (error) {
    delete shown[name];
    panel.removeAttribute("aria-busy");
    const line = errorLine();
    panel.replaceChildren(line);
    line.say(error);
  }
  for (const other of Object.keys(shown)) {
    if (other !== name) (await shown[other])?.hide?.();
  }
}

for (const tab of tabs) tab.addEventListener("click", () => show(tab.id.slice(4)));
document.querySelector(".tabs").addEventListener("keydown", (e) => {
  const at = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[e.key];
  if (at < 0 || to === undefined) return;
  e.preventDefault();
  tabs[to % tabs.length].focus();
  show(tabs[to % tabs.length].id.slice(4));
});
addEventListener("panel", (e) => show(e.detail)); // a panel asks for another

function chooser(id, options, chosen, call) {
  const select = document.getElementById(id);
  select.replaceChildren(...options.map((o) => h("option", o, o.label)));
  select.value = chosen;
  select.disabled = false;
  select.addEventListener("change", () => call(select.value));
}

function describe({ model, device, devices, precision, precisions }) {
  document.title = `${model.name} · vkeras explore`;
  document.getElementById("model").textContent = model.name;
  const { height, width, channels } = model.input;
  document.getElementById("about").textContent = [
    model.architecture, `${extent([height, width, channels])} → ${whole(model.classes)} classes`,
    `${count(model.parameters)} parameters`, `${count(model.macs)} multiply-accumulates`, model.trained ? "" : "weights not trained",
  ].filter(Boolean).join(" · ");
  set({ device: device.word, precision });
  chooser("device", devices.map((d) => ({ value: d.word, label: d.name, title: d.why, disabled: !d.computes })), device.word, (word) => set({ device: word }));
  chooser("precision", precisions.map((p) => ({ value: p, label: p })), precision, (word) => set({ precision: word }));
}

const session = get("session").then((answer) => { set({ session: answer, pictures: answer.samples, picture: answer.samples[0] ?? null }); describe(answer); });
try {
  net.start(document.getElementById("graph"), await get("graph"));
  performance.mark("graph");
  await session;
} catch (error) {
  fault(error);
}
if (state.graph && state.session) {
  takeDrops(fault);
  const wanted = location.hash.slice(1);
  show(wanted in panels ? wanted : "net");
}
