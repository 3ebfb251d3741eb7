// Package window shows what a network sees, live: pictures, their
// probabilities, and the feature maps of any block, drawn by the device that
// computes them.
//
// What a user does comes in as events and changes the state, from which a
// picture is painted: none of that knows a window system, so it is built and
// tested everywhere. The window itself (build tag window) needs the headers of
// one to build; without the tag, Run says so.
package window
