// Package doctor says how a machine's Vulkan is: what the loader sees, what each
// device can do, whether every kernel computes what the reference does, and, where
// there is no GPU, why that usually is.
//
//	r, err := doctor.Examine(ctx)
//	fmt.Println(r.Healthy, r.Causes)
//
// A [Report] is plain data, with the JSON that `vkeras doctor --json` writes. The
// causes (causes.go) are looked for in the system's files, the environment and what
// the dynamic loader says, the most certain first; nothing is changed, and no program
// is started.
//
// It knows gpu, the shared operator cases and the tables of drivers' files.
// Flags, wording for terminals and exit statuses stay outside.
package doctor
