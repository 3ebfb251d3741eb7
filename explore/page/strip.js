// The pictures at hand, as a row of buttons, and how more come: chosen, dropped
// anywhere on the page, or pasted.

import { picture, post, remove } from "./api.js";
import { h } from "./dom.js";
import { on, set, state } from "./state.js";

const kept = 24; // of those that were added: as many as vkeras keeps

/** Whether a picture is one that vkeras was started with. */
export const isSample = (p) => state.session.samples.some((s) => s.id === p.id);

/** A row of the pictures; pick is called with the one that is clicked. */
export function strip(label, chosen, pick) {
  const row = h("div", { class: "strip", role: "group", "aria-label": label });
  const draw = () => {
    const had = row.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    row.replaceChildren(...state.pictures.map((p) => h("button", { type: "button", "data-id": p.id, "aria-pressed": chosen()?.id === p.id, "aria-label": p.name, title: p.name, onclick: () => pick(p) },
      h("img", { src: picture(`pictures/${p.id}/input.png`), alt: "", loading: "lazy", width: 48, height: 48 }))));
    if (had) row.querySelector(`[data-id="${had}"]`)?.focus();
  };
  on(["pictures", "picture", "beside"], draw);
  draw();
  return row;
}

/** Sends files to vkeras, the first of which is then looked at. */
export async function add(files) {
  const added = [];
  for (const file of files) added.push(await post("pictures", { name: file.name }, file));
  if (!added.length) return;
  const own = [...added, ...state.pictures.filter((p) => !isSample(p))];
  set({ pictures: [...own.slice(0, kept), ...state.session.samples], picture: added[0] });
}

/** Forgets a picture that was added. */
export async function forget(p) {
  await remove(`pictures/${p.id}`);
  const pictures = state.pictures.filter((x) => x.id !== p.id);
  set({ pictures, picture: state.picture?.id === p.id ? pictures[0] ?? null : state.picture, beside: state.beside?.id === p.id ? null : state.beside });
}

/** Takes files that are dropped on the page or pasted; say gets what fails. */
export function takeDrops(say) {
  const body = document.body;
  const over = (e) => { if ([...e.dataTransfer.types].includes("Files")) { e.preventDefault(); body.classList.add("dropping"); } };
  const take = async (files) => {
    try { await add(files); say(null); } catch (error) { say(error); }
    dispatchEvent(new CustomEvent("panel", { detail: "picture" }));
  };
  body.addEventListener("dragover", over);
  body.addEventListener("dragleave", (e) => { if (!e.relatedTarget) body.classList.remove("dropping"); });
  body.addEventListener("drop", (e) => {
    body.classList.remove("dropping");
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    take(e.dataTransfer.files);
  });
  body.addEventListener("paste", (e) => { if (e.clipboardData.files.length) { e.preventDefault(); take(e.clipboardData.files); } });
}
