// What all panels build their elements and write their numbers with.

const space = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") && value != null) element.setAttribute(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** An HTML element: attributes, on… listeners, then children. */
export const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** The same for SVG. */
export const svg = (name, attributes, ...children) => fill(document.createElementNS(space, name), attributes, children);

/** A labelled <select> of [value, text, disabled] options. */
export function choice(text, options, chosen, onchange) {
  const select = h("select", { onchange: () => onchange(select.value) }, options.map(([value, label, disabled]) =>
    h("option", { value, disabled, selected: String(value) === String(chosen) }, label)));
  return Object.assign(h("label", {}, text, " ", select), { select });
}

/** A line for errors, in the place where they happened. */
export function errorLine() {
  const line = h("p", { class: "error", role: "alert", hidden: true });
  return Object.assign(line, {
    say(error) {
      if (error?.name === "AbortError") return;
      line.textContent = error ? error.message ?? String(error) : "";
      line.hidden = !error;
    },
  });
}

const spaced = new Intl.NumberFormat("en");

/** 308178944 is 308 M. */
export function count(n) {
  for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
    if (n >= size) return `${digits(n / size)} ${unit}`;
  }
  return spaced.format(n);
}

/** Three significant digits, without an exponent where people need none. */
export function digits(x) {
  if (x == null || Number.isNaN(Number(x))) return String(x ?? "–");
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(x).toExponential(2);
  if (size >= 100) return spaced.format(Math.round(x));
  return String(Number(Number(x).toPrecision(3)));
}

export const whole = (n) => spaced.format(n);
export const percent = (x) => (x == null ? "–" : x > 0 && x < 1e-4 ? "<\u00a00.01\u00a0%" : `${digits(100 * x)}\u00a0%`);
export const extent = (shape) => shape.join(" × ");
export const bytes = (n) => `${digits(n / 2 ** (n < 2 ** 20 ? 10 : 20))} ${n < 2 ** 20 ? "KiB" : "MiB"}`;

/** A table: heads of [text, class], rows of cells. */
export function table(heads, rows, caption) {
  return h("div", { class: "wide" }, h("table", {},
    caption && h("caption", {}, caption),
    h("thead", {}, h("tr", {}, heads.map(([text, kind]) => h("th", { class: kind, scope: "col" }, text)))),
    h("tbody", {}, rows.map((row) => (row instanceof Node ? row : h("tr", {}, row.map((cell, i) => h("td", { class: heads[i][1] }, cell))))))));
}
