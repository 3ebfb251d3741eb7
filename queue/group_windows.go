package queue

import (
	"os/exec"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup kills a process.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
