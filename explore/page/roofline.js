// A roofline plot: each block's arithmetic speed by how much it computes a byte.

import { digits, svg } from "./dom.js";

const extent = { width: 720, height: 340, left: 60, right: 700, top: 16, bottom: 300 };

export function roofline({ roof, blocks }) {
  const points = blocks.filter((b) => b.gflops > 0 && b.flop_per_byte > 0);
  const { ridge } = roof;
  const low = Math.min(ridge / 8, ...points.map((p) => p.flop_per_byte)) / 1.5, high = Math.max(ridge * 8, ...points.map((p) => p.flop_per_byte)) * 1.5;
  const least = Math.min(roof.gflops / 30, ...points.map((p) => p.gflops)) / 1.5, most = Math.max(roof.gflops, ...points.map((p) => p.gflops)) * 1.6;
  const scale = (v, from, to, a, b) => a + (b - a) * Math.log(v / from) / Math.log(to / from);
  const x = (v) => scale(v, low, high, extent.left, extent.right), y = (v) => scale(v, least, most, extent.bottom, extent.top);
  const ticks = (from, to) => {
    const list = [];
    for (let p = Math.floor(Math.log10(from)); p <= Math.log10(to); p++) for (const m of to / from > 300 ? [1] : [1, 3]) if (m * 10 ** p >= from && m * 10 ** p <= to) list.push(m * 10 ** p);
    return list;
  };
  const total = blocks.reduce((sum, b) => sum + b.ms, 0);
  return svg("svg", { class: "roofline", viewBox: `0 0 ${extent.width} ${extent.height}`, role: "img", "aria-label": `Roofline: ${digits(roof.gflops)} GFLOP/s, ${digits(roof.gbs)} GB/s` },
    ticks(low, high).map((v) => [svg("line", { class: "axis", x1: x(v), x2: x(v), y1: extent.top, y2: extent.bottom }), svg("text", { x: x(v), y: extent.bottom + 16, "text-anchor": "middle" }, digits(v))]),
    ticks(least, most).map((v) => [svg("line", { class: "axis", x1: extent.left, x2: extent.right, y1: y(v), y2: y(v) }), svg("text", { x: extent.left - 8, y: y(v) + 4, "text-anchor": "end" }, digits(v))]),
    svg("text", { class: "faint", x: extent.right, y: extent.height - 6, "text-anchor": "end" }, "FLOP per byte that must move"),
    svg("text", { class: "faint", transform: `rotate(-90 14 ${extent.bottom})`, x: 14, y: extent.bottom }, "GFLOP/s"),
    svg("polyline", { class: "roof", points: `${x(low)},${y(Math.max(least, low * roof.gbs))} ${x(ridge)},${y(roof.gflops)} ${x(high)},${y(roof.gflops)}` }),
    points.map((p) => svg("circle", { class: p.bound || "none", cx: x(p.flop_per_byte), cy: y(p.gflops), r: 4 + 22 * Math.sqrt(p.ms / total) }, svg("title", {}, `${p.name}: ${digits(p.gflops)} GFLOP/s at ${digits(p.flop_per_byte)} FLOP/B, ${digits(p.ms)} ms`))));
}
