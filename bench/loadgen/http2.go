package main

import (
	"bufio"
	"bytes"
	"fmt"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Theory of operation. One goroutine owns one HTTP/2 connection and keeps a fixed number of streams
// busy: it reads frames, and a finished stream is replaced at once by a new one. Frames to send
// collect in a buffer that is flushed when nothing is left to read, so a burst of answers costs one
// write. All requests are alike; so are their header blocks, once the first has put its fields into
// the peer's dynamic table (RFC 7541, section 2.3.2): two encoded blocks serve all requests.

// receiveWindow is what we allow the server to send: for the connection, and renewed at half.
const receiveWindow = 1 << 30

const streamWindow = 16 << 20

// multiplexed is one connection with its streams.
type multiplexed struct {
	*connection
	*run
	recorder   *recorder
	output     *bufio.Writer
	framer     *http2.Framer
	message    exchange
	started    map[uint32]time.Time // by stream
	nextStream uint32
	sendWindow int // of the connection: messages are small, streams' windows never matter
	received   int // bytes not yet given back to the server's window
	waiting    int // streams that wait for the send window
}

// exchange is what every stream sends and expects.
type exchange struct {
	first, later []byte // header blocks
	body         []byte // nil for a request without one
	trailer      string // name of a trailer that must be "0", if any
}

// http2Streams keeps s.workers streams of one connection busy with GET requests.
func http2Streams(s *settings) (*report, error) {
	return s.onStreams(s.encodeRequest("GET"))
}

// grpcUnary calls a unary method with s.size bytes on s.workers streams of one connection. Its
// message is opaque; protobuf is not part of what is measured.
func grpcUnary(s *settings) (*report, error) {
	s.headers = append(s.headers, "content-type: application/grpc", "te: trailers")
	message := s.encodeRequest("POST")
	message.body = grpcMessage(int(s.size))
	message.trailer = "grpc-status"
	return s.onStreams(message)
}

func (s *settings) onStreams(message exchange) (*report, error) {
	single := *s
	single.workers = 1
	return single.measure(func(r *run, rec *recorder) {
		for time.Now().Before(r.until) {
			err := r.exchangeStreams(message, s.workers, rec)
			if err == nil {
				return
			}
			rec.fail(err)
		}
	}), nil
}

// exchangeStreams uses one connection until the run is over or the connection fails.
func (r *run) exchangeStreams(message exchange, streams int, rec *recorder) error {
	conn, err := r.connect(http2.NextProtoTLS, r.deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	output := bufio.NewWriterSize(conn, 64<<10)
	m := &multiplexed{
		connection: conn, run: r, recorder: rec, output: output, message: message,
		framer:     http2.NewFramer(output, conn.reader),
		started:    map[uint32]time.Time{},
		nextStream: 1,
		sendWindow: 65535,
	}
	m.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	m.framer.SetReuseFrames()
	output.WriteString(http2.ClientPreface)
	m.framer.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow})
	m.framer.WriteWindowUpdate(0, receiveWindow-65535)
	for range streams {
		if r.more() {
			m.waiting++
		}
	}
	m.startWaiting()
	for len(m.started)+m.waiting > 0 {
		if err := m.step(); err != nil {
			return err
		}
	}
	return nil
}

// startWaiting begins as many waiting streams as the send window allows.
func (m *multiplexed) startWaiting() {
	for m.waiting > 0 && m.sendWindow >= len(m.message.body) {
		m.waiting--
		id := m.nextStream
		m.nextStream += 2
		m.started[id] = time.Now()
		block := m.message.later
		if id == 1 {
			block = m.message.first
		}
		m.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: m.message.body == nil,
		})
		if m.message.body != nil {
			m.framer.WriteData(id, true, m.message.body)
			m.sendWindow -= len(m.message.body)
		}
	}
}

// step reads one frame, after sending what is due if there is none yet.
func (m *multiplexed) step() error {
	if m.reader.Buffered() == 0 {
		if err := m.output.Flush(); err != nil {
			return err
		}
	}
	frame, err := m.framer.ReadFrame()
	if err != nil {
		return err
	}
	switch frame := frame.(type) {
	case *http2.MetaHeadersFrame:
		if err := m.checkFields(frame); err != nil {
			return err
		}
		m.finishIf(frame.StreamEnded(), frame.StreamID)
	case *http2.DataFrame:
		m.giveBack(int(frame.Length))
		m.finishIf(frame.StreamEnded(), frame.StreamID)
	case *http2.WindowUpdateFrame:
		if frame.StreamID == 0 {
			m.sendWindow += int(frame.Increment)
			m.startWaiting()
		}
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			return m.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			return m.framer.WritePing(true, frame.Data)
		}
	case *http2.RSTStreamFrame:
		return fmt.Errorf("stream reset: %v", frame.ErrCode)
	case *http2.GoAwayFrame:
		return fmt.Errorf("connection closed by the server: %v", frame.ErrCode)
	}
	return nil
}

func (m *multiplexed) checkFields(frame *http2.MetaHeadersFrame) error {
	name, expected := ":status", "200"
	if m.message.trailer != "" && frame.StreamEnded() {
		name, expected = m.message.trailer, "0"
	}
	for _, field := range frame.Fields {
		if field.Name == name && field.Value == expected {
			return nil
		}
	}
	return fmt.Errorf("expected %s %s, got %v", name, expected, frame.Fields)
}

func (m *multiplexed) finishIf(ended bool, stream uint32) {
	if !ended {
		return
	}
	m.recorder.record(m.started[stream], time.Now(), 0)
	delete(m.started, stream)
	if m.more() {
		m.waiting++
		m.startWaiting()
	}
}

func (m *multiplexed) giveBack(length int) {
	if m.received += length; m.received > receiveWindow/2 {
		m.framer.WriteWindowUpdate(0, uint32(m.received))
		m.received = 0
	}
}

// encodeRequest encodes the same fields twice: as the first request of a connection and as any later.
func (s *settings) encodeRequest(method string) exchange {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encode := func() []byte {
		block.Reset()
		for _, field := range s.requestFields(method) {
			encoder.WriteField(field)
		}
		return bytes.Clone(block.Bytes())
	}
	return exchange{first: encode(), later: encode()}
}

func (s *settings) requestFields(method string) []hpack.HeaderField {
	fields := []hpack.HeaderField{
		{Name: ":method", Value: method},
		{Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: s.authority()},
		{Name: ":path", Value: s.path},
		{Name: "user-agent", Value: "loadgen"},
	}
	for _, line := range s.headers {
		name, value, _ := bytes.Cut([]byte(line), []byte(": "))
		fields = append(fields, hpack.HeaderField{
			Name: string(bytes.ToLower(name)), Value: string(value),
		})
	}
	return fields
}

// grpcMessage is a message of n zero bytes behind its prefix: not compressed, length (gRPC over
// HTTP/2, "Length-Prefixed-Message").
func grpcMessage(n int) []byte {
	message := make([]byte, 5+n)
	message[1], message[2], message[3], message[4] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return message
}
