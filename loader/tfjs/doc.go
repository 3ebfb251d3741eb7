// Package tfjs reads TensorFlow.js layers models: model.json, which has the config
// and a manifest of weights, and the shards beside it, in which the weights stand
// one behind the other. Weights that the converter quantised are made floats
// again. It also reads the labels in metadata.json, which Teachable Machine writes
// beside a model.
//
// Sources: TensorFlow.js, tfjs-core/src/io/types.ts (ModelJSON, WeightsManifest),
// io_utils.ts (decodeWeights) and the converter's
// tensorflowjs/quantization.py and write_weights.py.
//
// Files may come from strangers: shards are looked for beside model.json alone,
// and memory follows the files' size. What a config means is not known here.
package tfjs
