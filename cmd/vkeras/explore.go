package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/testdata/demo"
)

// explorer is a `vkeras explore` on its way.
type explorer struct {
	pictureInput
	model     modelFlags
	device    deviceFlags
	listen    string
	noBrowser bool
	replaced  []string
}

func (t *tool) explore() *cobra.Command {
	e := &explorer{pictureInput: pictureInput{tool: t}}
	c := &cobra.Command{
		Use:   "explore [PICTURE...]",
		Short: "Show the network in a browser: graph, feature maps, time, validation",
		Long: `Explore opens a page in the browser that shows the network block by block and
layer by layer, and what it makes of pictures: those that are named, and others
that are dropped on the page or come from the camera. Everything that it shows is
computed on the device: feature maps, receptive fields, heat maps, profiles,
validation.

The page comes from this program alone and loads nothing from elsewhere. It is
served on this machine, and only to who has the address, which ends in a token.
On a machine without a screen, --no-browser and an SSH tunnel do:
ssh -L 8090:127.0.0.1:8090 HOST, with --listen 127.0.0.1:8090 there.`,
		Example: `  vkeras explore
  vkeras explore --model my_resnet.keras --labels names.txt photos/
  vkeras explore --no-browser --listen 127.0.0.1:8090`,
		RunE: func(c *cobra.Command, args []string) error { return e.run(c.Context(), args) },
	}
	e.model.register(c)
	e.model.assume = true
	e.device.register(c, 1)
	_ = c.Flags().MarkHidden("batch") // one picture
	e.pictureInput.register(c)
	e.registerOutput(c)
	c.Flags().StringVar(&e.listen, "listen", "127.0.0.1:0", "`ADDRESS:PORT` to listen on; port 0 is one that is free")
	c.Flags().BoolVar(&e.noBrowser, "no-browser", false, "print the address, and open no browser")
	c.Flags().StringArrayVar(&e.replaced, "spirv", nil, "`NAME=FILE`: validate a kernel's code as it is in this SPIR-V of the same interface")
	return c
}

func (e *explorer) run(ctx context.Context, args []string) (err error) {
	precision, err := nn.ParsePrecision(e.device.precision)
	if err != nil {
		return usagef("--%w", err)
	}
	code, err := readSPIRV(ctx, e.replaced)
	if err != nil {
		return err
	}
	files, _, err := e.listed(classify.ListPictures(args))
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(file)
		missing := err != nil && file != classify.StandardInput
		if missing {
			fmt.Fprintf(e.stderr, "vkeras: %s: %s\n", shown(file), oneLine(withoutPath(err)))
		}
		return missing
	})
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", e.listen) // before the model: a port that is taken shows at once
	if err != nil {
		return fmt.Errorf("--listen %s: %w", e.listen, err)
	}
	defer listener.Close()
	m, name, err := e.model.open()
	if err != nil {
		return err
	}
	if err := e.prepare(m, name); err != nil {
		return err
	}
	e.tell()
	task := e.Task
	task.Pictures.Admit = pictures.AtOnce(pictures.DefaultPixelsAtOnce)
	x, err := explore.New(explore.Options{
		Version: buildVersion(), File: name, Name: m.Name, Task: &task, Device: e.device.name, RequireGPU: e.device.requireGPU,
		Precision: precision, Tune: e.device.tune, NoMatrices: e.device.noMatrices, Samples: offered(files, name), Hosts: hostsOf(listener.Addr()), SPIRV: code,
	})
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	e.say("device: %s", x.Device())
	return e.answer(ctx, listener, x)
}

// offered returns the files as samples, and for the demo model without any the one
// that is built in with it.
func offered(files []string, model string) []explore.Sample {
	if len(files) == 0 && model == demo.Name {
		return []explore.Sample{{Name: "an open hand", Read: func() ([]byte, error) { return io.ReadAll(demo.Picture()) }}}
	}
	samples := make([]explore.Sample, len(files))
	for i, path := range files {
		samples[i] = explore.File(path)
	}
	return samples
}

// hostsOf returns what a request's Host may be for who listens on one address of
// this machine; nil where that is all of them, whose names are not known.
func hostsOf(address net.Addr) []string {
	host, port, err := net.SplitHostPort(address.String())
	ip := net.ParseIP(host)
	if err != nil || ip == nil || ip.IsUnspecified() {
		return nil
	}
	hosts := []string{net.JoinHostPort(host, port)}
	if ip.IsLoopback() {
		hosts = append(hosts, "localhost:"+port, "127.0.0.1:"+port, "[::1]:"+port)
	}
	if port == strconv.Itoa(80) { // browsers leave it out
		for _, h := range hosts {
			name, _, _ := net.SplitHostPort(h)
			hosts = append(hosts, name)
		}
	}
	return hosts
}

// answer serves until a signal.
func (e *explorer) answer(ctx context.Context, listener net.Listener, x *explore.Explorer) error {
	address := fmt.Sprintf("http://%s/?token=%s", listener.Addr(), x.Token())
	// Requests end with the signal: a validation may take minutes.
	s := &http.Server{
		Handler: x.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: 2 * time.Minute, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	if _, err := fmt.Fprintln(e.stdout, address); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	if !e.noBrowser {
		if err := browse(ctx, address); err != nil {
			e.say("vkeras: no browser was opened: %s. Open the address above", oneLine(err))
		}
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Shutdown(limit); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// browse opens an address in the user's browser.
func browse(ctx context.Context, address string) error {
	program := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		program = []string{"open"}
	case "windows":
		program = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	path, err := exec.LookPath(program[0])
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, path, append(program[1:], address)...)
	if err := c.Start(); err != nil {
		return err
	}
	go func() { _ = c.Wait() }() // some are the browser itself, and stay
	return nil
}
