package main

import (
	"bytes"
	"fmt"

	"authsome/bench/websocket"
)

// websocketEcho sends messages of s.size bytes over one WebSocket per worker and waits for each to
// come back.
func websocketEcho(s *settings) (*report, error) {
	// The key and its answer are the example of RFC 6455, section 1.3.
	request := s.requestHead("GET", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
	message := bytes.Repeat([]byte{'x'}, int(s.size))
	frame := websocket.AppendFrame(nil, websocket.Binary, message, true)
	return s.measure(func(r *run, rec *recorder) {
		buffer := make([]byte, len(message))
		var upgraded *connection
		r.onConnection(rec, func(conn *connection) (int64, error) {
			if conn != upgraded {
				if _, err := conn.Write(request); err != nil {
					return 0, err
				}
				if _, err := readHead(conn.reader, "101"); err != nil {
					return 0, err
				}
				upgraded = conn
			}
			if _, err := conn.Write(frame); err != nil {
				return 0, err
			}
			_, payload, err := websocket.ReadFrame(conn.reader, buffer)
			if err == nil && !bytes.Equal(payload, message) {
				err = fmt.Errorf("%d bytes came back, other than were sent", len(payload))
			}
			return int64(len(payload)), err
		})
	}), nil
}
