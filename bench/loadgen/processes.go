package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is USER_HZ, the unit of times in /proc: 100 on every Linux architecture.
const ticksPerSecond = 100

const sampleInterval = 100 * time.Millisecond

// usage is what a process tree used while it was watched. Memory in 2^20 bytes.
type usage struct {
	generatorCPU, cpu, resident, peak float64
	samples                           []float64
}

// watch reads a process tree until it is stopped.
type watch struct {
	pids              []int
	cpu, generatorCPU float64
	samples           []float64
	quit, done        chan struct{}
}

// watchProcesses starts to watch the tree under root; nothing but ourselves if root is 0. Copies of
// this program in the tree (see hold) are not counted. The peak is that of the tree's whole life,
// unless resetPeak makes it begin now.
func watchProcesses(root int, resetPeak bool) *watch {
	w := &watch{quit: make(chan struct{}), done: make(chan struct{}), generatorCPU: ownCPU()}
	if root != 0 {
		w.pids = descendants(root)
	}
	for _, pid := range w.pids {
		if resetPeak { // see clear_refs in proc(5)
			os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
		}
		w.cpu += processCPU(pid)
	}
	go w.sample()
	return w
}

func (w *watch) sample() {
	defer close(w.done)
	if len(w.pids) == 0 {
		return
	}
	ticker := time.NewTicker(sampleInterval)
	defer ticker.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-ticker.C:
			w.samples = append(w.samples, w.memory("VmRSS:"))
		}
	}
}

func (w *watch) stop() usage {
	close(w.quit)
	<-w.done
	used := usage{generatorCPU: ownCPU() - w.generatorCPU, samples: w.samples}
	for _, pid := range w.pids {
		used.cpu += processCPU(pid)
	}
	used.cpu -= w.cpu
	used.resident, used.peak = w.memory("VmRSS:"), w.memory("VmHWM:")
	return used
}

func (w *watch) memory(field string) (sum float64) {
	for _, pid := range w.pids {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		sum += statusField(status, field)
	}
	return sum
}

// statusField is a field of /proc/<pid>/status in 2^20 bytes; 0 if it is not there.
func statusField(status []byte, field string) float64 {
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, field); found {
			kilobytes, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kilobytes) / 1024
		}
	}
	return 0
}

// descendants are root and all processes under it, except copies of this program.
func descendants(root int) []int {
	self, _ := os.Executable()
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if fields := statFields(stat); len(fields) > 1 {
				parent, _ := strconv.Atoi(fields[1])
				children[parent] = append(children[parent], pid)
			}
		}
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return slices.DeleteFunc(tree, func(pid int) bool {
		program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		return err == nil && program == self
	})
}

func processCPU(pid int) float64 {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return statCPU(stat)
}

// statFields are the fields of /proc/<pid>/stat from the state on: the name before it may contain
// spaces and parentheses.
func statFields(stat []byte) []string {
	_, after, found := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	if !found {
		return nil
	}
	return strings.Fields(string(after))
}

// statCPU is the processor time of /proc/<pid>/stat (utime and stime), in seconds.
func statCPU(stat []byte) float64 {
	fields := statFields(stat)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return float64(user+system) / ticksPerSecond
}

func ownCPU() float64 {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
