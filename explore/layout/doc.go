// Package layout places the boxes of a directed graph without cycles and routes
// its edges, for drawings of networks: layers from top to bottom, edges of
// vertical and horizontal pieces that run past the boxes.
//
// The steps are those of Sugiyama, Tagawa and Toda 1981, "Methods for Visual
// Understanding of Hierarchical System Structures":
//
//	layers.go   each box one layer below the last that it reads (longest path);
//	            edges that pass layers get a place in each, shared by all edges
//	            of one source
//	order.go    barycentres, sweep by sweep, of which the best is kept
//	columns.go  Brandes and Köpf 2002, "Fast and Simple Horizontal Coordinate
//	            Assignment", by boxes of any width: long edges are straight
//	settle.go   what leans to one side is pulled together
//	route.go    the space between two layers is a channel, whose tracks are given
//	            by the left edge algorithm with vertical constraints (Hashimoto
//	            and Stevens 1971, "Wire routing by optimizing channel assignment
//	            within large apertures")
//
// It knows numbers alone: no network, no text and no picture enters.
package layout
