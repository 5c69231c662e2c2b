package websocket

import (
	"bufio"
	"bytes"
	"testing"
)

func TestAcceptMatchesTheExampleOfTheRFC(t *testing.T) {
	if got := Accept("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("got %s", got)
	}
}

func TestAFrameComesBackAsItWasWritten(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 65535} {
		for _, masked := range []bool{false, true} {
			payload := bytes.Repeat([]byte{'x'}, length)
			wire := AppendFrame(nil, Binary, payload, masked)
			buffer := make([]byte, 65535)
			opcode, got, err := ReadFrame(bufio.NewReader(bytes.NewReader(wire)), buffer)
			if err != nil || opcode != Binary || !bytes.Equal(got, payload) {
				t.Fatalf("length %d masked %v: %d bytes, opcode %d, %v", length, masked, len(got), opcode, err)
			}
		}
	}
}

func TestAFrameTooLargeForTheBufferIsAnError(t *testing.T) {
	wire := AppendFrame(nil, Binary, make([]byte, 200), true)
	if _, _, err := ReadFrame(bufio.NewReader(bytes.NewReader(wire)), make([]byte, 100)); err == nil {
		t.Fatal("no error")
	}
}
