// The colours of operations in the graph, by what they do.

/** [class, what it stands for], as the legend lists them. */
export const kinds = [
  ["conv", "convolution"], ["norm", "normalisation"], ["act", "activation"], ["pool", "pooling"], ["join", "join"], ["dense", "dense"], ["other", "other"],
];

const patterns = [
  [/conv/i, "conv"], [/norm/i, "norm"], [/pool/i, "pool"], [/dense|einsum|matmul/i, "dense"],
  [/relu|activation|softmax|sigmoid|swish|silu|gelu|tanh|elu|clip/i, "act"], [/add|concat|mul|sub|average|maximum|minimum|product|gate/i, "join"],
];

/** The class of an operation. */
export const kindOf = (op) => patterns.find(([pattern]) => pattern.test(op))?.[1] ?? "other";
