// The forum's question: where the net halves a feature map, which positions are
// read, and what other ways of halving cost.

import { get, picture } from "./api.js";
import { choice, count, digits, errorLine, extent, h, percent, svg, table } from "./dom.js";
import { reveal } from "./net.js";
import { on, state } from "./state.js";

export function build(panel) {
  const under = choice("Squares", [["picture", "over the picture"], ["plain", "alone"]], "picture", () => panel.classList.toggle("plain", under.select.value === "plain"));
  const error = errorLine(), halvings = h("div", { class: "cards", "aria-busy": "true" }, h("p", { class: "faint" }, "counting …")), others = h("div");
  panel.append(
    h("h2", {}, "What is read where the feature map is halved"),
    h("p", {}, "A 1 × 1 convolution of stride 2 looks at one position in four. Each square is a position of the block’s input, all channels, where it lies on the picture: crossed out where nobody reads it."),
    h("div", { class: "row" }, under),
    h("p", { class: "keys faint" }, ["main path alone", "shortcut alone", "both"].map((text, i) => h("span", {}, h("i", { class: readers[i + 1] }), text)), h("span", {}, h("i", { class: "unread" }), "nobody")),
    error, halvings, others);
  get("halvings").then((answer) => {
    halvings.removeAttribute("aria-busy");
    halvings.replaceChildren(...cards(answer));
  }).catch((e) => { halvings.removeAttribute("aria-busy"); halvings.replaceChildren(); error.say(e); });
  variants(others);
  on(["picture"], () => { for (const image of panel.querySelectorAll(".grid image")) image.setAttribute("href", address()); });
}

/** What the net gets of the chosen picture. */
const address = () => (state.picture ? picture(`pictures/${state.picture.id}/input.png`) : "");

/** A card a halving block, and one a feature map elsewhere that is not read whole. */
function cards({ blocks, places, input_shape: input }) {
  const known = new Set(blocks.map((b) => b.node));
  const list = [...blocks.map((b) => ofBlock(b, input, b.node)),
    ...places.filter((p) => !known.has(p.node)).map((p) => card(state.graph.nodes[p.node].name, { ...p.grid, rows: p.grid.rows.map((r) => r.replaceAll("1", "3")) }, input, share(p.grid), p.node, [extent(state.graph.nodes[p.node].shape)]))];
  return list.length ? list : [h("p", {}, "No block of this net leaves positions of its input out.")];
}

const share = ({ rows }) => { const all = rows.join(""); return all.replaceAll("0", "").length / all.length; };

/** The card of a halving block; node is null of a net that is not in the graph. */
const ofBlock = (b, input, node) => card(b.block, b.grid, input, b.read.read_share, node,
  [node == null ? extent(b.input_shape) : `${b.name}: ${extent(b.input_shape)}`, ...b.windows.map((w) => `${w.path}: ${w.window}`)]);

function card(title, g, input, part, node, notes) {
  const of = g.height * g.width, text = `${Math.round(part * of)} of ${of}`;
  return h("figure", { class: "card" }, h("h3", {}, title), g.rows && grid(g, input, `${text} positions are read`),
    h("figcaption", {}, h("strong", {}, text), ` positions are read (${percent(part)})`, notes.map((n) => [h("br"), h("span", { class: "faint" }, n)]),
      node != null && [h("br"), h("button", { class: "link", onclick: () => reveal(node) }, "show it in the graph")]));
}

/**
 * Positions as squares: a path a kind of reader, so that the largest map is quick to
 * draw. Beneath them lies the picture, where both are of a net of the same input.
 */
function grid({ height, width, rows, over }, input, label) {
  const paths = ["", "", "", ""];
  let crosses = "";
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const square = `M${x + 0.06} ${y + 0.06}h.88v.88h-.88z`;
      paths[rows[y][x]] += square;
      if (rows[y][x] === "0") crosses += `M${x + 0.3} ${y + 0.3}l.4 .4m0 -.4l-.4 .4`;
    }
  }
  const own = state.session.model.input, image = over && input[0] === own.height && input[1] === own.width
    ? { x: -over.x / over.step_x, y: -over.y / over.step_y, width: input[1] / over.step_x, height: input[0] / over.step_y } : null;
  const left = Math.min(0, image?.x ?? 0), top = Math.min(0, image?.y ?? 0);
  const right = Math.max(width, image ? image.x + image.width : 0), bottom = Math.max(height, image ? image.y + image.height : 0);
  return svg("svg", { class: "grid", viewBox: `${left} ${top} ${right - left} ${bottom - top}`, role: "img", "aria-label": label },
    image && svg("image", { ...image, href: address(), preserveAspectRatio: "none" }),
    paths.map((d, i) => svg("path", { class: readers[i], d })), height * width <= 1600 && svg("path", { class: "cross", d: crosses }));
}

// Who reads a position, by the digits of api/halvings.
const readers = ["unread", "read main", "read shortcut", "read both"];

async function variants(place) {
  const error = errorLine(), body = h("div");
  const button = h("button", { type: "button", class: "main", onclick: run }, "Compare");
  place.append(h("h2", {}, "Other ways to halve"),
    h("p", {}, "The course exercise’s net, built with each way of halving: the shortcut’s and the main path’s stride as they are, in the 3 × 3, before or behind a pool or a blur."), h("p", { class: "row" }, button), error, body);
  async function run() {
    button.disabled = true;
    body.setAttribute("aria-busy", "true");
    try {
      const { variants: list, honest } = await get("variants");
      error.say(null);
      body.replaceChildren(...compared(list, honest));
      button.hidden = true;
    } catch (e) {
      error.say(e);
    }
    button.disabled = false;
    body.removeAttribute("aria-busy");
  }
}

function compared(list, honest) {
  const one = h("div", { class: "variant", "aria-live": "polite" }), error = errorLine();
  let turn;
  const most = Math.max(...list.map((v) => v.macs_after_demand));
  const rows = list.map((v) => {
    const choose = async () => {
      turn?.abort();
      const { signal } = (turn = new AbortController());
      for (const r of rows) r.setAttribute("aria-selected", r === row);
      const grids = h("div", { class: "cards", "aria-busy": "true" });
      one.replaceChildren(h("h3", {}, v.title, v.this ? " (this net is built so)" : ""), ...[v.paper, v.source, v.note].filter(Boolean).map((text) => h("p", { class: "faint" }, text)), grids);
      try {
        const { blocks, input_shape: input } = await get("halvings", { variant: v.name }, signal);
        grids.replaceChildren(...blocks.map((b) => ofBlock(b, input, null)));
        grids.removeAttribute("aria-busy");
        error.say(null);
      } catch (e) {
        grids.remove();
        error.say(e);
      }
    };
    const bar = h("i");
    bar.style.width = `${100 * v.macs_after_demand / most}%`;
    const row = h("tr", { tabindex: 0, "aria-selected": "false", onclick: choose, onkeydown: (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(); } } },
      h("td", { class: "text" }, v.name), h("td", {}, v.coverage.map((c) => percent(c.share)).join(", ")), h("td", {}, count(v.parameters)), h("td", {}, count(v.macs)),
      h("td", {}, count(v.macs_after_demand)), h("td", { class: "bar" }, bar), h("td", {}, v.accuracy == null ? "–" : accuracy(v.accuracy)));
    return Object.assign(row, { choose });
  });
  (rows.find((r, i) => list[i].this) ?? rows[0])?.choose();
  return [honest && h("p", { class: "honest" }, honest),
    table([["way", "text"], ["positions read"], ["parameters"], ["multiply-acc. as written"], ["computed"], ["", "text"], ["accuracy"]], rows), error, one];
}

const accuracy = ({ mean, standard_deviation: spread }) => `${percent(mean)} ± ${digits(100 * spread)}`;
