// Package turbojpeg decodes JPEG files by libjpeg-turbo, the library that Pillow
// decodes with, where one is installed: it is loaded at run time, by TurboJPEG's
// API of 2.0 to 3.x, as Pillow sets it (accurate transform, fancy upsampling).
//
// It holds nothing but that call. What the components mean, how large a picture may
// be and how many scans it may have is package pictures', which checks before.
package turbojpeg
