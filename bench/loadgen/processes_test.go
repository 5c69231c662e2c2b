package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestStatCPUReadsPastAnyName(t *testing.T) {
	for _, name := range []string{"deno", "a b", "x) R 1 (y"} {
		stat := "42 (" + name + ") S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1"
		if got := statCPU([]byte(stat)); got != 2 {
			t.Errorf("%s: %v seconds", name, got)
		}
		if got := statFields([]byte(stat))[1]; got != "1" {
			t.Errorf("%s: parent %s", name, got)
		}
	}
	if got := statCPU(nil); got != 0 {
		t.Errorf("a process that is gone: %v", got)
	}
}

func TestStatusFieldIsInMegabytes(t *testing.T) {
	status := []byte("Name:\tdeno\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n")
	if got := statusField(status, "VmHWM:"); got != 200 {
		t.Errorf("%v", got)
	}
	if got := statusField(status, "VmSwap:"); got != 0 {
		t.Errorf("%v", got)
	}
}

func TestDescendantsAreFoundAndOurOwnCopiesLeftOut(t *testing.T) {
	child := exec.Command("sh", "-c", "cat; true")
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { input.Close(); child.Wait() })
	for len(descendants(child.Process.Pid)) < 2 { // until the shell has started its own child
	}
	tree := descendants(os.Getpid())
	if !slices.Contains(tree, child.Process.Pid) || slices.Contains(tree, os.Getpid()) {
		t.Errorf("%v", tree)
	}
}

func TestCountEstablishedCountsOnePortInOneState(t *testing.T) {
	table := "  sl  local_address rem_address   st\n" +
		"   0: 0100007F:20FB 0100007F:1111 01 x\n" +
		"   1: 0100007F:20FB 0100007F:1112 06 x\n" +
		"   2: 0100007F:1111 0100007F:20FB 01 x\n" +
		"   3: 0100007F:20FB 0100007F:1113 01 x\n"
	if got := countEstablished(table, 0x20fb); got != 2 {
		t.Errorf("%d", got)
	}
}
