// Package view makes what a network computes visible: feature maps as sheets,
// and what a class hangs on as heat over the picture.
//
//	Upto        the part of a graph that computes a node
//	Sheet       a feature map (H, W, C) as a grid of C small pictures
//	NewCAM      class activation maps, exact for nets that end in global
//	            average pooling and a dense layer
//	Asker       asks by either, of nets on whatever computes
//	Occlude     the fall of a class's score where a patch is covered, for all nets
//	Map.Over    either, over the picture
//
// It draws and does arithmetic on results; it runs nothing itself and knows no
// device, no file format and no command line.
package view
