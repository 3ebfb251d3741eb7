// What is chosen, and who wants to know when it changes.

const listeners = [];

/**
 * session: the answer of api/session. graph: of api/graph. device, precision: words.
 * picture: {id, name, width, height} or null; beside: the same, a second one.
 * node: index of a layer or null; block: id or null; channel: of the node.
 * verdicts: Map of node to validate's row, or null.
 */
export const state = {
  session: null, graph: null, device: "", precision: "", picture: null, beside: null,
  pictures: [], node: null, block: null, verdicts: null,
};

/** Changes some fields and tells those who listen to any that differ. */
export function set(changes) {
  const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
  Object.assign(state, changes);
  for (const { names, call } of listeners) {
    if (names.some((name) => changed.includes(name))) call();
  }
}

/** Calls when one of the fields changed. */
export function on(names, call) {
  listeners.push({ names, call });
}

/** What computes, as requests name it. */
export const where = () => ({ device: state.device, precision: state.precision });

/** The node that panels about one layer show: the chosen one, or a block's last. */
export function shownNode() {
  if (!state.graph) return null;
  if (state.node != null) return state.graph.nodes[state.node];
  if (state.block != null) return state.graph.nodes[state.graph.blocks[state.block].nodes.at(-1)];
  return null;
}

/** Whether validate found a layer wrong, by itself or in its place. */
export const fails = (verdict) => verdict.verdict === "failed" || verdict.verdict === "drifted";
