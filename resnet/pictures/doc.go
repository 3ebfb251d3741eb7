// Package pictures turns a picture file into the very numbers that Keras would
// feed a network: decode, convert to RGB, resize, scale.
//
// Most "the converted model is wrong" reports are a picture that was read
// differently. So each step copies what the Keras call does, down to the byte
// where it can be had, and is held to bytes that Keras, Pillow and TensorFlow
// wrote (tools/keras/pictures_corpus.py):
//
//	decode     PIL.Image.open(f).convert("RGB")                    Decode
//	upright    PIL.ImageOps.exif_transpose; off, as in Keras       DecodeOptions.EXIF
//	resize     keras.utils.load_img(f, target_size=(h, w), interpolation=...)
//	                                                               Resize, ResizeFloat
//	           tf.image.resize(x, (h, w), method="bilinear")       ResizeFloat, TFBilinear
//	           the same with antialias=True                        ResizeFloat, TFBilinearAntialias
//	array      keras.utils.img_to_array                            Preset None
//	scale      x / 255                                             Preset Exercise
//	           keras.applications.resnet.preprocess_input          Preset Caffe
//	           keras.applications.resnet_v2.preprocess_input       Preset TF
//	           imagenet_utils.preprocess_input(x, mode="torch")    Preset Torch
//	all of it                                                      Tensor
//
// All kinds decode to Pillow's bytes: JPEG by libjpeg-turbo, which Pillow decodes
// with too, where the system has it. Without it Go's decoder is off by at most 3
// levels, 0.06 on average: chroma upsampling and colour conversion are libjpeg's,
// the inverse DCT is image/jpeg's and rounds differently.
//
// What may enter: file formats, resampling filters and input scalings that Keras
// users meet. What may not: anything that knows a network, a device or another
// package of this module but internal/turbojpeg. It starts no goroutines and keeps no state;
// callers decode pictures in parallel as they like.
package pictures
