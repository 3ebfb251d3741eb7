// Writes layersmodel_teachable_tfjsVERSION.zip's files into a folder: a model as
// Teachable Machine makes it, built, answered and downloaded by TensorFlow.js itself,
// with the metadata.json that Teachable Machine puts beside it.
//
//     npm install @tensorflow/tfjs@4.22.0 && node teachable_machine.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolveObjectURL } from 'node:buffer';
import { createRequire } from 'node:module';
const tf = createRequire(process.cwd() + '/')('@tensorflow/tfjs');

const folder = process.argv[2];
mkdirSync(folder + '/model', { recursive: true });
await tf.setBackend('cpu');

// A piece of MobileNet V2, in a Sequential model with the trained head, in another.
function mobilenet() {
  const L = tf.layers;
  const input = tf.input({ shape: [24, 24, 3], name: 'input_1' });
  let x = L.zeroPadding2d({ padding: [[0, 1], [0, 1]], name: 'Conv1_pad' }).apply(input);
  x = L.conv2d({ filters: 6, kernelSize: 3, strides: 2, useBias: false, padding: 'valid', name: 'Conv1' }).apply(x);
  x = L.batchNormalization({ epsilon: 1e-3, momentum: 0.999, name: 'bn_Conv1' }).apply(x);
  const y = L.reLU({ maxValue: 6, name: 'Conv1_relu' }).apply(x);
  x = L.depthwiseConv2d({ kernelSize: 3, useBias: false, padding: 'same', name: 'expanded_conv_depthwise' }).apply(y);
  x = L.batchNormalization({ name: 'expanded_conv_depthwise_BN' }).apply(x);
  x = L.add({ name: 'block_1_add' }).apply([x, y]);
  return tf.model({ inputs: input, outputs: x, name: 'mobilenet' });
}

const features = tf.sequential({ name: 'sequential_1' });
features.add(mobilenet());
features.add(tf.layers.globalAveragePooling2d({ name: 'global_average_pooling2d_GlobalAveragePooling2D1' }));
const head = tf.sequential({ name: 'sequential_3' });
head.add(tf.layers.dense({ inputShape: [6], units: 8, activation: 'relu', name: 'dense_Dense1' }));
head.add(tf.layers.dense({ units: 3, useBias: false, activation: 'softmax', name: 'dense_Dense2' }));
const model = tf.sequential({ name: 'sequential_4' });
model.add(features);
model.add(head);

let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
for (const weight of model.weights) {
  const size = weight.shape.reduce((a, b) => a * b, 1);
  const positive = /gamma|variance/.test(weight.name);
  const values = Float32Array.from({ length: size }, () => (positive ? 0.5 + random() : random() - 0.5));
  weight.val.assign(tf.tensor(values, weight.shape));
}

const pixels = Float32Array.from({ length: 2 * 24 * 24 * 3 }, () => 2 * random() - 1);
const answer = model.predict(tf.tensor(pixels, [2, 24, 24, 3]));

function npy(name, tensor, values) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tensor.join(', ')}), }`;
  const text = head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11) + '\n';
  const prefix = Buffer.from([0x93, 78, 85, 77, 80, 89, 1, 0, text.length & 255, text.length >> 8]);
  writeFileSync(`${folder}/${name}`, Buffer.concat([prefix, Buffer.from(text), Buffer.from(values.buffer)]));
}
npy('input.npy', [2, 24, 24, 3], pixels);
npy('output.npy', answer.shape, await answer.data());

// TensorFlow.js downloads by clicking on links: keep what they lead to.
const clicked = [];
globalThis.window = { URL };
globalThis.MouseEvent = class {};
globalThis.document = { createElement: () => ({ dispatchEvent() { clicked.push(this); } }) };
tf.env().set('IS_BROWSER', true);
await model.save('downloads://model');
for (const { download, href } of clicked) {
  writeFileSync(`${folder}/model/${download}`, Buffer.from(await resolveObjectURL(href).arrayBuffer()));
}
writeFileSync(`${folder}/model/metadata.json`, JSON.stringify({
  tfjsVersion: '1.3.1', tmVersion: '2.4.5', packageVersion: '0.8.4', packageName: '@teachablemachine/image', timeStamp: '2021-09-20T10:00:00.000Z',
  userMetadata: {}, modelName: 'tm-my-image-model', labels: ['Rock', 'Paper', 'Scissors'], imageSize: 24,
}));
