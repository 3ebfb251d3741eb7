// Command gpureport writes gpu-report.md: what vkeras says of, and how it does on,
// the GPU of whoever runs it, in one file to attach to a report. It runs
// bin/vkeras's own commands one after the other, within eight minutes, goes on when
// one fails, and leaves out names of people, machines and folders.
//
// Run it by `make gpu-report`, in the repository's root.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// whole is what all may take; what one leaves over is for those behind it.
const whole = 8 * time.Minute

// part is a command of the report.
type part struct {
	title string
	limit time.Duration
	args  []string
}

// parts lists what is asked, the most telling first. The demo model is the
// exercise's network at 64 x 64; resnet50 at 224 x 224 is a file or, without one,
// left out.
func parts(model string) []part {
	var list []part
	add := func(limit time.Duration, title string, args ...string) {
		list = append(list, part{title, limit, args})
	}
	add(10*time.Second, "Version", "version")
	add(100*time.Second, "Devices and kernels: every kernel on small shapes", "doctor")
	models := []struct{ name, file string }{{"64 x 64", ""}, {"224 x 224", model}}
	if model == "" {
		models = models[:1]
	}
	for _, m := range models {
		on := func(args ...string) []string {
			if m.file != "" {
				args = append(args, "--model", m.file)
			}
			return args
		}
		for _, precision := range []string{"fp32", "fp16w", "fp16"} {
			add(25*time.Second, "Validation, "+m.name+", "+precision, on("validate", "--planned", "--failed", "--precision", precision)...)
		}
		for _, precision := range []string{"fp32", "fp16w", "fp16"} { // the first load of each tunes
			add(25*time.Second, "Latency and throughput, "+m.name+", "+precision, on("bench", "--no-reference", "--batch", "1,4,8,16,32,64", "--runs", "10", "--precision", precision)...)
		}
		for _, precision := range []string{"fp32", "fp16"} {
			for _, batch := range []string{"1", "64"} {
				add(20*time.Second, "Where the time goes, "+m.name+", "+precision+", batch "+batch, on("profile", "--by", "step", "--runs", "10", "--precision", precision, "--batch", batch)...)
			}
		}
		for _, family := range []string{"vega10", "navi10", "navi21"} {
			for _, batch := range []string{"1", "64"} {
				add(10*time.Second, "Predicted for "+family+", "+m.name+", fp32, batch "+batch, on("plan", "--on", family, "--batch", batch)...)
			}
		}
	}
	add(60*time.Second, "What the driver makes of the products", "kernels", "--statistics", "conv2d_tiles_*", "conv2d_rows_*", "conv2d_packed_*", "conv2d_matrix_*")
	return list
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gpureport: ")
	out := flag.String("out", "gpu-report.md", "`FILE` to write")
	tool := flag.String("vkeras", "bin/vkeras", "the `PROGRAM`")
	model := flag.String("model", "", "a ResNet50 of 224 x 224, `FILE`, to be validated and timed too")
	limit := flag.Duration("limit", whole, "what all of it may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv("VKERAS_DEVICE") == "" {
		if device := vulkanDevice(ctx, *tool); device != "" {
			os.Setenv("VKERAS_DEVICE", device) // for all commands
		}
	}
	report, err := write(ctx, *tool, parts(*model), *limit)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, []byte(report), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("%s is written: please read it before you attach it", *out)
}

// vulkanDevice returns the device that the report is of: the GPU that commands take by
// themselves, or, where there is none, the first driver of Vulkan, for they would
// compute without one; "" where there is no Vulkan either.
func vulkanDevice(ctx context.Context, tool string) string {
	out, err := exec.CommandContext(ctx, tool, "devices", "--json").Output()
	var all struct {
		Devices []struct {
			Index   int
			Default bool
		}
	}
	if err != nil || json.Unmarshal(out, &all) != nil || len(all.Devices) == 0 {
		return ""
	}
	for _, d := range all.Devices {
		if d.Default {
			return strconv.Itoa(d.Index)
		}
	}
	return strconv.Itoa(all.Devices[0].Index)
}

// write runs the parts and returns the report.
func write(ctx context.Context, tool string, parts []part, limit time.Duration) (string, error) {
	end := time.Now().Add(limit)
	var b strings.Builder
	b.WriteString("# GPU report of vkeras\n\nWritten by `make gpu-report`. Names of people, machines and folders are left out.\n")
	if device := os.Getenv("VKERAS_DEVICE"); device != "" {
		fmt.Fprintf(&b, "\nVKERAS_DEVICE is %s.\n", device)
	}
	for i, p := range parts {
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("interrupted: %w", err)
		}
		log.Printf("%d of %d: %s", i+1, len(parts), p.title)
		fmt.Fprintf(&b, "\n## %s\n\n`vkeras %s`", p.title, strings.Join(p.args, " "))
		left := time.Until(end)
		if left < time.Second {
			b.WriteString(": not run, the time is up\n")
			continue
		}
		text, took, err := run(ctx, tool, p, min(p.limit, left))
		fmt.Fprintf(&b, ", %.1f s\n\n```\n%s\n```\n", took.Seconds(), strings.TrimSpace(text))
		if err != nil {
			fmt.Fprintf(&b, "\nIt failed: %v\n", err)
		}
	}
	return anonymous(b.String()), nil
}

// run runs one command and returns all that it printed.
func run(ctx context.Context, tool string, p part, limit time.Duration) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, tool, p.args...)
	c.Stdout, c.Stderr = &out, &out
	c.WaitDelay = 5 * time.Second
	begin := time.Now()
	err := c.Run()
	if ctx.Err() == context.DeadlineExceeded {
		err = fmt.Errorf("cut short after %v", limit.Round(time.Second))
	}
	return out.String(), time.Since(begin), err
}

// anonymous replaces what names people, machines or their folders.
func anonymous(text string) string {
	replace := func(what, by string) {
		if len(what) > 1 { // "/" and nothing name nobody
			text = strings.ReplaceAll(text, what, by)
		}
	}
	if folder, err := os.Getwd(); err == nil {
		replace(folder, ".")
	}
	if home, err := os.UserHomeDir(); err == nil {
		replace(home, "~")
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 { // a shorter one is a word
		replace(host, "HOST")
	}
	for _, v := range []string{"USER", "LOGNAME", "USERNAME"} {
		if name := os.Getenv(v); len(name) > 3 && name != "root" {
			replace(name, "USER")
		}
	}
	return text
}
