package main

import (
	"flag"
	"fmt"
	"os"
)

// drawing is where the picture goes.
const drawing = "docs/images/house.svg"

func main() {
	check := flag.Bool("check", false, "compare with the file in place of writing it")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	rooms, err := list()
	if err != nil {
		return err
	}
	picture := draw(rooms)
	if !check {
		return os.WriteFile(drawing, []byte(picture), 0o644)
	}
	have, err := os.ReadFile(drawing)
	if err != nil {
		return err
	}
	if string(have) != picture {
		return fmt.Errorf("%s does not show the rooms as they are: go run ./tools/house", drawing)
	}
	return nil
}
