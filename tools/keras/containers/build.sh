#!/bin/sh
# Writes testdata/containers: with every TensorFlow that changed the formats, and
# with TensorFlow.js. Takes pyenv's Pythons, npm, 12 GB and half an hour.
#
#     tools/keras/containers/build.sh FOLDER      FOLDER is for virtual environments
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

# environment NAME PYTHON PACKAGE...
environment() {
	name=$1 python=$2
	shift 2
	[ -d "$name" ] || "$(pyenv root)/versions/$python/bin/python" -m venv "$name"
	"$name/bin/pip" install -q -U pip
	"$name/bin/pip" install -q "$@"
}

environment 2.3 3.8.18 tensorflow-cpu==2.3.4 numpy==1.18.5 h5py==2.10.0 protobuf==3.19.6
environment 2.4 3.8.18 tensorflow-cpu==2.4.4 numpy==1.19.5 h5py==2.10.0 protobuf==3.20.3
environment 2.6 3.9.18 tensorflow-cpu==2.6.5 keras==2.6.0 numpy==1.19.5 h5py==3.1.0 protobuf==3.19.6
environment 2.8 3.9.18 tensorflow-cpu==2.8.4 keras==2.8.0 numpy==1.23.5 h5py==3.14.0 protobuf==3.19.6
environment 2.12 3.10.13 tensorflow-cpu==2.12.1 keras==2.12.0 numpy==1.24.3 h5py==3.16.0 protobuf==4.25.9
environment 2.15 3.11.7 tensorflow-cpu==2.15.1 keras==2.15.0 numpy==1.26.4 h5py==3.16.0 protobuf==4.25.9 \
	setuptools==80.9.0 six==1.17.0 packaging==26.4 importlib_resources==7.1.0 pandas==3.0.6 wurlitzer==3.1.1 scipy==1.12.0 \
	jax==0.4.23 jaxlib==0.4.23 flax==0.8.0 orbax-checkpoint==0.4.8 cramjam==2.14.0 google-crc32c==1.9.0
environment 2.21 3.11.7 -r "$here/../requirements.txt"

# The converter asks for more than it needs to convert.
2.4/bin/pip install -q --no-deps tensorflowjs==3.3.0 tensorflow-hub==0.12.0
2.15/bin/pip install -q --no-deps tensorflowjs==4.22.0 tf-keras==2.15.1 tensorflow-hub==0.16.1 tensorflow-decision-forests==1.8.1

for version in 2.3 2.4 2.6 2.8 2.12 2.15 2.21; do
	$version/bin/python "$here/tensorflow2.py" tf$version
done
for version in 2.4 2.15; do
	$version/bin/python "$here/tensorflowjs_models.py"
done
2.15/bin/python "$here/others.py"

npm install --silent @tensorflow/tfjs@4.22.0
rm -rf teachable
node "$here/teachable_machine.mjs" teachable
2.15/bin/python "$here/packing.py" teachable "$here/../../../testdata/containers/layersmodel_teachable_tfjs4.22.0.zip"
