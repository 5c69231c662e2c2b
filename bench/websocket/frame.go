// Package websocket reads and writes single, unfragmented WebSocket frames (RFC 6455, section 5.2):
// all that an echo benchmark needs.
package websocket

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
)

// Operation codes of RFC 6455, section 5.2.
const (
	Binary = 0x2
	Close  = 0x8
)

// longest is the largest payload that fits the two-byte length form.
const longest = 0xffff

// Accept answers a Sec-WebSocket-Key (RFC 6455, section 1.3).
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// AppendFrame appends one final frame. Clients mask (a fixed key: this is a benchmark), servers do
// not. The payload is at most 65535 bytes.
func AppendFrame(frame []byte, opcode byte, payload []byte, masked bool) []byte {
	var maskBit byte
	if masked {
		maskBit = 0x80
	}
	frame = append(frame, 0x80|opcode)
	if len(payload) < 126 {
		frame = append(frame, maskBit|byte(len(payload)))
	} else {
		frame = append(frame, maskBit|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
	}
	if !masked {
		return append(frame, payload...)
	}
	key := [4]byte{0x13, 0x57, 0x9b, 0xdf}
	frame = append(frame, key[:]...)
	for i, octet := range payload {
		frame = append(frame, octet^key[i%4])
	}
	return frame
}

// ReadFrame reads one frame into buffer and unmasks it. The payload is valid until the next call.
func ReadFrame(r *bufio.Reader, buffer []byte) (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	length := int(head[1] & 0x7f)
	if length == 127 {
		return 0, nil, fmt.Errorf("a frame of more than %d bytes", longest)
	}
	if length == 126 {
		var extended [2]byte
		if _, err = io.ReadFull(r, extended[:]); err != nil {
			return 0, nil, err
		}
		length = int(binary.BigEndian.Uint16(extended[:]))
	}
	var key [4]byte
	if head[1]&0x80 != 0 {
		if _, err = io.ReadFull(r, key[:]); err != nil {
			return 0, nil, err
		}
	}
	if length > len(buffer) {
		return 0, nil, fmt.Errorf("a frame of %d bytes does not fit %d", length, len(buffer))
	}
	payload = buffer[:length]
	if _, err = io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return head[0] & 0x0f, payload, nil
}
