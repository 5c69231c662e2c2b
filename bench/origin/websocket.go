package main

import (
	"bufio"
	"fmt"
	"net/http"

	"authsome/bench/websocket"
)

// echoFrames upgrades the connection and sends every frame's payload back.
func echoFrames(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Sec-WebSocket-Key")
	hijacker, ok := w.(http.Hijacker)
	if key == "" || !ok {
		http.Error(w, "not a WebSocket handshake over HTTP/1.1", http.StatusUpgradeRequired)
		return
	}
	conn, stream, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", websocket.Accept(key))
	reader := bufio.NewReader(stream)
	buffer := make([]byte, 64<<10)
	var frame []byte
	for {
		opcode, payload, err := websocket.ReadFrame(reader, buffer)
		if err != nil {
			return
		}
		frame = websocket.AppendFrame(frame[:0], opcode, payload, false)
		if _, err := conn.Write(frame); err != nil || opcode == websocket.Close {
			return
		}
	}
}
