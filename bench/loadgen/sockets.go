package main

import (
	"os"
	"strconv"
	"strings"
)

// establishedTo counts the established IPv4 connections accepted on a local port.
func establishedTo(port int) (int, error) {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return 0, err
	}
	return countEstablished(string(table), port), nil
}

// countEstablished reads the table of proc(5): local address, remote address, state (1 is
// established), all hexadecimal.
func countEstablished(table string, port int) (count int) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != "01" {
			continue
		}
		_, digits, _ := strings.Cut(fields[1], ":")
		if local, err := strconv.ParseUint(digits, 16, 16); err == nil && int(local) == port {
			count++
		}
	}
	return count
}
