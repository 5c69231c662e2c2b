package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// requestHead is an HTTP/1.1 request head, built once and sent many times.
func (s *settings) requestHead(method string, extra ...string) []byte {
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, s.path, s.authority())
	head.WriteString("User-Agent: loadgen\r\nAccept: */*\r\n")
	for _, line := range append(s.headers, extra...) {
		head.WriteString(line + "\r\n")
	}
	head.WriteString("\r\n")
	return []byte(head.String())
}

// framing is how the end of a response body is found.
type framing struct {
	length  int64 // -1 if unknown
	chunked bool
}

var errLineTooLong = errors.New("a response line is too long")

// readHead reads a response head and expects status.
func readHead(r *bufio.Reader, status string) (framing, error) {
	body := framing{length: -1}
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return body, errLineTooLong
		}
		if err != nil {
			return body, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			if len(line) < 12 || string(line[9:12]) != status {
				return body, fmt.Errorf("expected status %s: %q", status, line)
			}
			continue
		}
		if len(line) == 0 {
			return body, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(name) == 14 && bytes.EqualFold(name, []byte("content-length")):
			body.length, err = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil {
				return body, err
			}
		case len(name) == 17 && bytes.EqualFold(name, []byte("transfer-encoding")):
			body.chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		}
	}
}

// readBody copies a body to w and returns its length.
func readBody(r *bufio.Reader, body framing, w io.Writer) (int64, error) {
	if !body.chunked {
		if body.length < 0 {
			return 0, errors.New("a response of unknown length on a persistent connection")
		}
		return io.CopyN(w, r, body.length)
	}
	var total int64
	for {
		size, err := readChunkSize(r)
		if err != nil {
			return total, err
		}
		n, err := io.CopyN(w, r, size)
		total += n
		if err != nil {
			return total, err
		}
		if _, err := r.ReadSlice('\n'); err != nil {
			return total, err
		}
		if size == 0 {
			return total, nil
		}
	}
}

func readChunkSize(r *bufio.Reader) (int64, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	digits, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
	return strconv.ParseInt(string(digits), 16, 64)
}

// readResponse reads a 200 response to its end and returns the body's length.
func readResponse(r *bufio.Reader) (int64, error) {
	body, err := readHead(r, "200")
	if err != nil {
		return 0, err
	}
	return readBody(r, body, io.Discard)
}
