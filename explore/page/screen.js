// A picture as the net got it, with what lies over it: a receptive field, what was
// measured of it, or a heat map.

import { load } from "./api.js";
import { h, svg } from "./dom.js";

export function screen() {
  const image = h("img", { class: "pixels", alt: "" }), heat = h("img", { class: "over", alt: "", hidden: true }), measured = h("canvas", { class: "over pixels", hidden: true });
  const rect = svg("rect", { class: "field" }), shade = svg("path", { class: "shade", "fill-rule": "evenodd" });
  const drawing = svg("svg", { class: "over", "aria-hidden": "true", preserveAspectRatio: "none" }, shade, rect);
  const caption = h("figcaption", { class: "faint" });
  const element = h("figure", { class: "screen", hidden: true }, h("div", { class: "layers" }, image, heat, measured, drawing), caption);
  let size = { height: 1, width: 1 }, shown = null, loading;

  return {
    element, heat,
    get picture() { return shown; },
    /** Shows a picture, or nothing. */
    show(picture, height, width, error) {
      element.hidden = !picture;
      if (shown === picture) return;
      shown = picture;
      loading?.abort();
      heat.hidden = measured.hidden = true;
      if (!picture) return;
      loading = new AbortController();
      size = { height, width };
      drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
      image.alt = `${picture.name} as the net got it`;
      caption.textContent = picture.name;
      load(image, `pictures/${picture.id}/input.png`, {}, loading.signal).catch((e) => error.say(e));
    },
    /** Frames what a position can see: {y0, x0, y1, x1}, the last pixels too, or null. */
    field(f) {
      drawing.toggleAttribute("hidden", !f);
      if (!f || !shown) return;
      const { height, width } = size;
      const y0 = Math.max(0, f.y0), x0 = Math.max(0, f.x0), y1 = Math.min(height, f.y1 + 1), x1 = Math.min(width, f.x1 + 1);
      for (const [name, value] of Object.entries({ x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) })) rect.setAttribute(name, value);
      shade.setAttribute("d", `M0 0H${width}V${height}H0zM${x0} ${y0}H${x1}V${y1}H${x0}z`);
    },
    /** Colours each square of pixels by how much it changes the element. */
    influence(answer) {
      measured.hidden = !answer;
      if (!answer) return;
      heat.hidden = true;
      measured.width = answer.width;
      measured.height = answer.height;
      const place = { left: answer.x0 / size.width, top: answer.y0 / size.height, width: answer.width * answer.step / size.width, height: answer.height * answer.step / size.height };
      for (const [name, share] of Object.entries(place)) measured.style[name] = `${100 * share}%`;
      const context = measured.getContext("2d"), pixels = context.createImageData(answer.width, answer.height);
      answer.values.forEach((v, i) => pixels.data.set([255, 150, 0, v > 0 ? 40 + 200 * Math.sqrt(v) : 0], 4 * i));
      context.putImageData(pixels, 0, 0);
    },
  };
}
